import type pg from "pg";
import { SNAPSHOT_QUERY } from "./snapshot_query.ts";

/** Privileges of one grantee on one object: true for all of it, or the columns. */
export type Grants = Readonly<Record<string, true | readonly string[]>>;

export interface PolicyState {
  readonly permissive: boolean;
  readonly command: "all" | "select" | "insert" | "update" | "delete";
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
  readonly comment: string | null;
}

export interface RelationState {
  readonly kind: string;
  readonly owner: string;
  readonly rowSecurity: boolean;
  readonly forced: boolean;
  /** For views: whether they ask as their caller. */
  readonly securityInvoker: boolean | null;
  /** sha256 of the definition of a view that asks as its owner, and of a materialised view. */
  readonly definition: string | null;
  readonly grants: Readonly<Record<string, Grants>>;
  readonly policies: Readonly<Record<string, PolicyState>>;
}

/** A function that decides: it runs as its owner, or a policy calls it. */
export interface FunctionState {
  readonly owner: string;
  readonly security: "definer" | "invoker";
  readonly searchPath: string | null;
  readonly leakproof: boolean;
  readonly executableBy: readonly string[];
  readonly usedByPolicies: boolean;
  /** sha256 of language and body. */
  readonly body: string;
}

export interface RoleState {
  readonly login: boolean;
  readonly superuser: boolean;
  readonly bypassRls: boolean;
  readonly createRole: boolean;
  readonly replication: boolean;
  /** What each role it is a member of gives it: inherit, set, admin. */
  readonly memberOf: Readonly<Record<string, readonly string[]>>;
}

/** All that decides who may see or do what, by name, in one stable order. */
export interface PolicySnapshot {
  readonly format: 1;
  readonly schemas: Readonly<
    Record<string, { readonly owner: string; readonly grants: Readonly<Record<string, Grants>> }>
  >;
  readonly relations: Readonly<Record<string, RelationState>>;
  readonly functions: Readonly<Record<string, FunctionState>>;
  readonly roles: Readonly<Record<string, RoleState>>;
  /** `<role> in <schema>`: what everybody gets on tables and functions to come. */
  readonly defaultPrivileges: Readonly<Record<string, Readonly<Record<string, Grants>>>>;
}

/**
 * Reads what decides about access in the inspected schemas; see `withInspect`. Partitions that are closed are left
 * out, because they come and go with time; one that is open is told.
 */
export async function takeSnapshot(client: pg.ClientBase): Promise<PolicySnapshot> {
  const { rows } = await client.query<{ snapshot: PolicySnapshot }>(SNAPSHOT_QUERY);
  return sorted(rows[0]!.snapshot) as PolicySnapshot;
}

/** The snapshot as the text of db/policies.json. */
export function printSnapshot(snapshot: PolicySnapshot): string {
  return `${JSON.stringify(snapshot, null, 2)}\n`;
}

/**
 * Reads such a text.
 *
 * @throws {SyntaxError} if it is no snapshot
 */
export function parseSnapshot(text: string): PolicySnapshot {
  const parsed = JSON.parse(text) as Partial<PolicySnapshot> | null;
  if (parsed?.format !== 1 || !parsed.relations || !parsed.functions || !parsed.roles || !parsed.schemas) {
    throw new SyntaxError('it is no snapshot of "rowhouse policies snapshot"');
  }
  return { defaultPrivileges: {}, ...parsed } as PolicySnapshot;
}

/** The same value with the names of every object in order (jsonb sorts them by length first), and every list. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(sorted).sort();
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
