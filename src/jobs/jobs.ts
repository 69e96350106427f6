import { readFileSync } from "node:fs";
import { type ParsedCronItem, parseCrontab } from "graphile-worker";
import { createAuditPartitions } from "./create_audit_partitions.ts";
import { expireRegistrations } from "./expire_registrations.ts";
import { expireSessions } from "./expire_sessions.ts";
import type { Job } from "./job.ts";
import { rotateSealKey } from "./rotate_seal_key.ts";
import { rotateSigningKeys } from "./rotate_signing_keys.ts";

/** Every job, by the name that the queue and the crontab know it by. */
export const jobs: Readonly<Record<string, Job>> = {
  expire_sessions: expireSessions,
  expire_registrations: expireRegistrations,
  create_audit_partitions: createAuditPartitions,
  rotate_seal_key: rotateSealKey,
  rotate_signing_keys: rotateSigningKeys,
};

/** What a worker does first, without waiting for its hour: a database that was off may lack a month. */
export const atStart: readonly string[] = ["create_audit_partitions"];

/** `crontab`, read. */
export function schedule(): ParsedCronItem[] {
  return parseCrontab(readFileSync(new URL("crontab", import.meta.url), "utf8"));
}
