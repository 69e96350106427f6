import { readFileSync } from "node:fs";
import { RENEWAL } from "../../database/renewal.ts";
import { InspectError } from "../catalogue/install.ts";
import type { InspectSettings } from "../catalogue/settings.ts";

/** Something that keeps the proof from beginning. */
export class ProveError extends InspectError {}

/** Something that crosses tenants on purpose. */
export interface Expected {
  readonly role: string;
  /** The relation or function as it is reported. */
  readonly target: string;
  /** Only reading may be expected; anything else stays a leak. */
  readonly why: string;
}

/**
 * How to come into a database that is not ours, and what is meant to be. A JSON file, for example:
 *
 * ```json
 * { "tenantColumn": "org_id", "apiRoles": ["web"],
 *   "enter": ["select set_config('app.org', $tenant, true)"], "variables": ["app.org"],
 *   "shared": ["public.plans"] }
 * ```
 */
export interface ProveConfig extends InspectSettings {
  /** Statements that bring a caller in; `$tenant` and `$user` become literals. */
  readonly enter?: readonly string[];
  /** The session variables that these statements set. */
  readonly variables?: readonly string[];
  /** What the pool does between two requests on one connection: `["discard all"]`. */
  readonly reset?: readonly string[];
  /** Whether a variable that a caller sets themselves must open nothing. Default false. */
  readonly sealed?: boolean;
  /** The table of people, if `$user` is used: `public.users`. */
  readonly users?: string;
  /** Catalogues that all tenants read on purpose. */
  readonly shared?: readonly string[];
  readonly expected?: readonly Expected[];
}

/** What crosses tenants on purpose in our database. */
export const OURS: ProveConfig = {
  // As statement.ts sends it, whose door also lets go of advisory locks.
  reset: [...RENEWAL, "select pg_catalog.pg_advisory_unlock_all()"],
  expected: [
    {
      role: "rowhouse_app",
      target: "connection: prepared statement",
      why: "ours have names that nobody can guess, so one that a caller planted is never called",
    },
    {
      role: "rowhouse_auditor",
      target: "audit.events",
      why: "auditors answer for all tenants: they read the whole trail and can do nothing else",
    },
    ...["seal_mark", "trees", "leaves", "tiles", "commitments", "signing_keys", "checkpoints"].map(
      (table) => ({
        role: "rowhouse_auditor",
        target: `audit.${table}`,
        why: "auditors verify what the whole trail is sealed with, and can do nothing else",
      }),
    ),
    ...[
      ...["event_log", "sign_ins", "failed_sign_ins", "privilege_changes"],
      ...["support_visits", "readings", "exports"],
    ].map((view) => ({
      role: "rowhouse_auditor",
      target: `audit.${view}`,
      why: "views of the trail, which auditors read anyway: they look with the auditor's own rights",
    })),
    {
      role: "rowhouse_auditor",
      target: "audit.legal_holds",
      why: "auditors answer for all tenants: they say what must not go, and can change nothing of it",
    },
    {
      role: "rowhouse_app",
      target: "audit.public_keys()",
      why: "public halves of the keys that sign checkpoints: they belong to no tenant, and everybody may ask for them",
    },
    {
      role: "rowhouse_auditor",
      target: "app.users",
      why: "the trail names people by id: auditors read by which address and name each goes",
    },
    {
      role: "rowhouse_owner",
      target: "role rowhouse_definer",
      why: "migrations create the definer's functions as the definer; the owner cannot sign in",
    },
  ],
};

const STRINGS = ["tenantColumn", "contextSchema", "users"];
const LISTS = ["schemas", "exposedSchemas", "apiRoles", "enter", "variables", "reset", "shared"];

/** @throws {ProveError} naming what is wrong with the file */
export function readProveConfig(file: string): ProveConfig {
  let config: Record<string, unknown>;
  try {
    config = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch (cause) {
    throw new ProveError(`${file}: ${(cause as Error).message}`, { cause });
  }
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new ProveError(`${file}: not an object`);
  const isList = (value: unknown): boolean =>
    Array.isArray(value) && value.every((one) => typeof one === "string");
  const isExpected = (value: unknown): boolean =>
    Array.isArray(value) &&
    value.every((one) => ["role", "target", "why"].every((name) => typeof one?.[name] === "string"));
  for (const [name, value] of Object.entries(config)) {
    const fits = STRINGS.includes(name)
      ? typeof value === "string"
      : LISTS.includes(name)
        ? isList(value)
        : name === "sealed"
          ? typeof value === "boolean"
          : name === "expected" && isExpected(value);
    if (!fits) throw new ProveError(`${file}: ${name} is no setting, or not of the right shape`);
  }
  return config;
}
