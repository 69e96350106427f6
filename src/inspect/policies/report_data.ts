import { join } from "node:path";
import type pg from "pg";
import { projectRoot } from "../../database/migrations.ts";
import { InspectError } from "../catalogue/install.ts";
import type { InspectSettings } from "../catalogue/settings.ts";
import { type Accepted, applyBaseline, type Judged, readBaseline } from "../lint/baseline.ts";
import { readChecks } from "../lint/checks.ts";
import { lint } from "../lint/lint.ts";
import type { Proof } from "../prove/report.ts";

/** A line of inspect.access with what inspect.in_words() says of it. */
export interface AccessLine {
  readonly table: string;
  readonly kind: string;
  readonly role: string;
  readonly command: string;
  readonly columns: readonly string[] | null;
  readonly because: string;
  readonly reach: string;
  readonly using: string | null;
  readonly check: string | null;
  readonly usingWords: string | null;
  readonly checkWords: string | null;
  readonly permissions: readonly string[];
  readonly note: string | null;
}

export interface PolicyLine {
  readonly table: string;
  readonly name: string;
  readonly permissive: boolean;
  readonly command: string;
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
  readonly comment: string | null;
}

/** Everything on the page of an access review. */
export interface ReportData {
  readonly database: string;
  readonly server: string;
  readonly at: string;
  readonly by: string;
  readonly settings: Required<InspectSettings>;
  readonly tables: readonly {
    readonly name: string;
    readonly kind: string;
    readonly owner: string;
    readonly rowSecurity: boolean;
    readonly forced: boolean;
    readonly childOf: string | null;
    readonly hasTenant: boolean;
    readonly comment: string | null;
  }[];
  readonly access: readonly AccessLine[];
  readonly policies: readonly PolicyLine[];
  readonly roles: readonly {
    readonly name: string;
    readonly attributes: readonly string[];
    readonly memberOf: readonly string[];
    readonly members: readonly string[];
    readonly comment: string | null;
  }[];
  readonly bypasses: readonly {
    readonly kind: string;
    readonly object: string;
    readonly who: string;
    readonly why: string;
    readonly accepted: boolean;
    readonly because: string | null;
  }[];
  readonly gaps: readonly { readonly what: string; readonly object: string; readonly gap: string }[];
  readonly lints: Judged & { readonly checks: number };
  readonly proof: Proof | null;
}

/**
 * Reads all of it in the transaction that is open; see `withInspect`.
 *
 * @param proof the outcome of `rowhouse prove --format json`, if there is one
 */
export async function readReport(
  client: pg.ClientBase,
  settings: Required<InspectSettings>,
  proof: unknown,
): Promise<ReportData> {
  const rows = async <Row>(sql: string): Promise<Row[]> => (await client.query(sql)).rows as Row[];
  const [about] = await rows<Pick<ReportData, "database" | "server" | "at" | "by"> & { ours: boolean }>(
    ABOUT,
  );
  const checks = readChecks();
  const baseline: readonly Accepted[] = about!.ours
    ? readBaseline(join(projectRoot, "db", "lint-baseline.json"))
    : [];
  const findings = await lint(client, checks);
  const { ours: _, ...server } = about!;
  return {
    ...server,
    settings,
    tables: await rows(TABLES),
    access: await rows(ACCESS),
    policies: await rows(POLICIES),
    roles: await rows(ROLES),
    bypasses: await rows(BYPASSES),
    gaps: await rows(GAPS),
    lints: { checks: checks.length, ...applyBaseline(findings, baseline, server.at.slice(0, 10)) },
    proof: proof === null ? null : checkedProof(proof),
  };
}

/** @throws {InspectError} if it is not what `rowhouse prove --format json` writes */
function checkedProof(given: unknown): Proof {
  const proof = given as Partial<Proof> | null;
  if (!Array.isArray(proof?.cells) || !proof.random || !Array.isArray(proof.leftBehind)) {
    throw new InspectError('the proof is not what "rowhouse prove --format json" writes');
  }
  return proof as Proof;
}

const ABOUT = `
  select current_database() as database, 'PostgreSQL ' || current_setting('server_version') as server,
    to_char(now() at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') as at, session_user::text as by,
    to_regclass('context.seal_keys') is not null as ours`;

const TABLES = `
  select table_name as name, kind, owner_name as owner, row_security as "rowSecurity", forced,
    child_of as "childOf", has_tenant as "hasTenant", comment
  from inspect.tables order by table_name`;

const ACCESS = `
  select access.table_name as "table", access.kind, access.role_name as role, access.command, access.columns, access.because,
    access.reach, inspect.tidy(access.using_expression) as using, inspect.tidy(access.check_expression) as check,
    inspect.in_words(access.using_expression) as "usingWords", inspect.in_words(access.check_expression) as "checkWords",
    coalesce(rules.permissions, '{}') as permissions, access.note
  from inspect.access as access
  left join inspect.policies as rules
    on rules.table_name = access.table_name and rules.role_name = access.role_name and rules.command = access.command
  order by access.table_name, access.role_name, access.command`;

const POLICIES = `
  select table_name as "table", policy_name as name, permissive, command, roles,
    inspect.tidy(using_expression) as using, inspect.tidy(check_expression) as check, comment
  from inspect.policy_list order by table_name, permissive, policy_name`;

const ROLES = `
  select role.rolname::text as name,
    array_remove(array[case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypasses row security' end,
      case when rolcanlogin then 'signs in' end, case when rolcreaterole then 'makes roles' end,
      case when rolcreatedb then 'makes databases' end, case when rolreplication then 'replicates' end], null) as attributes,
    array(select pg_get_userbyid(roleid)::text from pg_catalog.pg_auth_members where member = role.oid order by 1) as "memberOf",
    array(select pg_get_userbyid(member)::text from pg_catalog.pg_auth_members where roleid = role.oid order by 1) as members,
    shobj_description(role.oid, 'pg_authid') as comment
  from pg_catalog.pg_roles as role
  where rolsuper or rolbypassrls
    or rolname in (select role_name from inspect.access union select owner_name from inspect.tables union select unnest(executable_by) from inspect.functions)
  order by rolsuper, rolname`;

const BYPASSES = `
  select kind, object, who, why, accepted, because from inspect.bypasses order by accepted, kind, object, who`;

const GAPS = `
  select 'key' as what, table_name || ': ' || key_name as object, risk as gap from inspect.keys where risk is not null
  union all
  select 'index', coalesce(index_name, indexes.table_name), risk from inspect.indexes
  join inspect.tables on tables.table_name = indexes.table_name and not is_partition
  where risk is not null
  union all
  select 'audit', table_name, gap from inspect.audit_coverage where gap is not null
  union all
  select 'distribution', object, finding || ': ' || remedy from inspect.portability where severity = 'blocks'
  order by 1, 2`;
