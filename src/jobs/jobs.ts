import { fileURLToPath } from "node:url";
import { type ParsedCronItem, parseCrontab } from "graphile-worker";
import { readSource } from "../whole_file.ts";
import { createAuditPartitions } from "./create_audit_partitions.ts";
import { deleteAccounts } from "./delete_accounts.ts";
import { deleteObjects } from "./delete_objects.ts";
import { deliverWebhooks } from "./deliver_webhooks.ts";
import { eraseTenants } from "./erase_tenants.ts";
import { expireAudit } from "./expire_audit.ts";
import { expireConversations } from "./expire_conversations.ts";
import { expireExchangeCodes } from "./expire_exchange_codes.ts";
import { expireGrants } from "./expire_grants.ts";
import { expireGuests } from "./expire_guests.ts";
import { expireIdempotencyKeys } from "./expire_idempotency_keys.ts";
import { expireMail } from "./expire_mail.ts";
import { expireSessions } from "./expire_sessions.ts";
import { expireWebhooks } from "./expire_webhooks.ts";
import { indexDocuments } from "./index_documents.ts";
import type { Job } from "./job.ts";
import { learnMemories } from "./learn_memories.ts";
import { passageEmbedder } from "./passage_embedder.ts";
import { pushAudit } from "./push_audit.ts";
import { readingOf } from "./reading_of.ts";
import { rotateSealKey } from "./rotate_seal_key.ts";
import { rotateSigningKeys } from "./rotate_signing_keys.ts";
import { sealAudit } from "./seal_audit.ts";
import { sweepHolds } from "./sweep_holds.ts";
import { verifyDomains } from "./verify_domains.ts";

/** Every job, by the name that the queue and the crontab know it by. */
export const jobs: Readonly<Record<string, Job>> = {
  expire_sessions: expireSessions,
  expire_conversations: expireConversations,
  expire_exchange_codes: expireExchangeCodes,
  expire_grants: expireGrants,
  expire_guests: expireGuests,
  expire_mail: expireMail,
  expire_idempotency_keys: expireIdempotencyKeys,
  deliver_webhooks: deliverWebhooks,
  expire_webhooks: expireWebhooks,
  create_audit_partitions: createAuditPartitions,
  expire_audit: expireAudit,
  index_documents: (context) =>
    indexDocuments(readingOf(context.config.documents, passageEmbedder(context)))(context),
  learn_memories: learnMemories,
  push_audit: pushAudit,
  delete_accounts: deleteAccounts,
  delete_objects: deleteObjects,
  erase_tenants: eraseTenants,
  rotate_seal_key: rotateSealKey,
  rotate_signing_keys: rotateSigningKeys,
  seal_audit: sealAudit,
  sweep_holds: sweepHolds,
  verify_domains: verifyDomains,
};

/** What a worker does first, without waiting for its hour: a database that was off may lack a month. */
export const atStart: readonly string[] = ["create_audit_partitions"];

/** `crontab`, read. */
export function schedule(): ParsedCronItem[] {
  return parseCrontab(readSource(fileURLToPath(new URL("crontab", import.meta.url))));
}
