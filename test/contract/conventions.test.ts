import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const OURS = "('app', 'auth', 'context', 'audit', 'inspect', 'jobs', 'tenancy')";

/** The first column of a query, which names offenders: nobody should be in it. */
const offenders = async (sql: string): Promise<string[]> =>
  (await database.admin.query<string[]>({ text: sql, rowMode: "array" })).rows.map(([name]) => name!);

/** A convention, and the query for what breaks it. */
const conventions: Readonly<Record<string, string>> = {
  "no role of ours is a superuser, holds BYPASSRLS, or may make roles or databases": `
    select rolname from pg_roles
    where rolname like 'rowhouse\\_%' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)`,

  "no role inherits another: the owner becomes the definer only on purpose": `
    select member::regrole || ' in ' || roleid::regrole from pg_auth_members
    where roleid::regrole::text like 'rowhouse\\_%' and member::regrole::text like 'rowhouse\\_%'
        and (inherit_option or admin_option or (member, roleid) <> ('rowhouse_owner'::regrole, 'rowhouse_definer'::regrole))`,

  "every table has row security, and forced": `
    select oid::regclass::text from pg_class
    where relnamespace::regnamespace::text in ${OURS} and relkind in ('r', 'p')
        and not (relrowsecurity and relforcerowsecurity)`,

  "every view asks as its caller": `
    select oid::regclass::text from pg_class
    where relnamespace::regnamespace::text in ${OURS} and relkind in ('v', 'm')
        and not coalesce(reloptions @> '{security_invoker=true}', false)`,

  "every policy, table, view and function has a comment; so has each schema": `
    select 'policy ' || polname from pg_policy where obj_description(oid, 'pg_policy') is null
    union all
    select oid::regclass::text from pg_class
    where relnamespace::regnamespace::text in ${OURS} and relkind in ('r', 'p', 'v') and not relispartition
        and obj_description(oid, 'pg_class') is null
    union all
    select oid::regprocedure::text from pg_proc
    where pronamespace::regnamespace::text in ${OURS} and obj_description(oid, 'pg_proc') is null
    union all
    select nspname from pg_namespace where nspname in ${OURS} and obj_description(oid, 'pg_namespace') is null`,

  "no comment on a policy says what a policy is; each says why in more than a few words": `
    select polname from pg_policy where length(obj_description(oid, 'pg_policy')) < 30`,

  "every function pins an empty search_path, or has a body that was bound when it was made": `
    select oid::regprocedure::text from pg_proc
    where pronamespace::regnamespace::text in ${OURS}
        and not coalesce(proconfig @> '{"search_path=\\"\\""}', false) and prosqlbody is null`,

  "every SECURITY DEFINER function belongs to the definer, but those that add and drop partitions": `
    select oid::regprocedure::text from pg_proc
    where prosecdef and pronamespace::regnamespace::text in ${OURS}
        and proowner <> 'rowhouse_definer'::regrole and oid not in ('audit.create_partition(date)'::regprocedure, 'audit.drop_partition(date)'::regprocedure)`,

  "every SECURITY DEFINER function pins its search_path": `
    select oid::regprocedure::text from pg_proc
    where prosecdef and pronamespace::regnamespace::text in ${OURS}
        and not coalesce(proconfig @> '{"search_path=\\"\\""}', false)`,

  "nothing is granted to everybody": `
    select oid::regprocedure::text from pg_proc
    where pronamespace::regnamespace::text in ${OURS} and exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)
    union all
    select oid::regclass::text from pg_class
    where relnamespace::regnamespace::text in ${OURS} and exists (select from aclexplode(relacl) where grantee = 0)
    union all
    select nspname from pg_namespace
    where nspname in ${OURS} and exists (select from aclexplode(nspacl) where grantee = 0)`,

  "nobody but the owner may create anything, anywhere": `
    select nspname from pg_namespace cross join aclexplode(nspacl) as grants
    where nspname in ${OURS} and privilege_type = 'CREATE' and grantee <> 'rowhouse_owner'::regrole
    union all
    select datname from pg_database cross join aclexplode(coalesce(datacl, acldefault('d', datdba))) as grants
    where datname = current_database() and privilege_type in ('CREATE', 'TEMPORARY')
        and grantee not in ('rowhouse_owner'::regrole, datdba)`,

  "no policy reads another table": `
    select polrelid::regclass || ': ' || polname from pg_policy
    where coalesce(pg_get_expr(polqual, polrelid), '') || coalesce(pg_get_expr(polwithcheck, polrelid), '') ~* '\\mfrom\\M'`,

  "every tenant's table has the wall: a restrictive policy for every command of the application": `
    select attrelid::regclass::text from pg_attribute
    join pg_class on pg_class.oid = attrelid and relkind in ('r', 'p') and not relispartition
    where attname = 'tenant_id' and has_any_column_privilege('rowhouse_app', attrelid, 'select')
        and not exists (
            select from pg_policy
            where polrelid = attrelid and not polpermissive and polcmd = '*' and 'rowhouse_app'::regrole = any(polroles)
                and pg_get_expr(polqual, polrelid) = '((tenant_id = ( SELECT context.tenant_id() AS tenant_id)) AND '
                    '(tenant_id = ( SELECT context.unverified_tenant_id() AS unverified_tenant_id)))'
                and pg_get_expr(polwithcheck, polrelid) = pg_get_expr(polqual, polrelid)
        )`,

  "the application selects columns by name, so that system columns stay out of its conditions": `
    select relid::text from (select oid::regclass as relid, relacl from pg_class where relkind in ('r', 'p')) as tables
    cross join aclexplode(relacl)
    where grantee = 'rowhouse_app'::regrole and privilege_type = 'SELECT' and relid <> 'context.errors'::regclass`,

  "the planner keeps statistics of keys, numbers, flags and times only, where the application reads": `
    select attrelid::regclass || '.' || attname
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    left join pg_index on indexrelid = attrelid
    where attnum > 0 and not attisdropped and attstattarget is distinct from 0
        and atttypid not in ('uuid'::regtype, 'int4'::regtype, 'int8'::regtype, 'bool'::regtype, 'date'::regtype, 'timestamptz'::regtype, 'xid8'::regtype)
        and (relkind in ('r', 'p') or indkey[attnum - 1] = 0)
        and exists (
            select from pg_class as reached
            where has_any_column_privilege('rowhouse_app', reached.oid, 'select') and relnamespace::regnamespace::text in ${OURS}
                and (reached.oid in (attrelid, indrelid) or attrelid in (select inhrelid from pg_inherits where inhparent = reached.oid))
        )`,

  "an index of a tenant's table holds the tenant, so that it leads to no row next door": `
    select indexrelid::regclass::text from pg_index
    join pg_attribute on attrelid = indrelid and attname = 'tenant_id'
    where has_any_column_privilege('rowhouse_app', indrelid, 'select') and attnum <> all (indkey::smallint[])`,

  "what PostgreSQL gives to everybody and requests need nothing of is taken from everybody": `
    select object || ' ' || name from inspect.side_doors where open`,

  "in a policy every call stands in a scalar subselect": `
    select polrelid::regclass || ': ' || polname from pg_policy
    where regexp_replace(
        coalesce(pg_get_expr(polqual, polrelid), '') || coalesce(pg_get_expr(polwithcheck, polrelid), ''),
        'SELECT context\\.[a-z_]+\\([^()]*\\)', '', 'g') ~ 'context\\.'`,

  "every primary, unique and foreign key of a tenant's table begins with its tenant": `
    select conname::text from pg_constraint
    where conrelid::regclass::text like 'app.%' and contype in ('p', 'u', 'f')
        and conrelid not in ('app.tenants'::regclass, 'app.users'::regclass, 'app.permissions'::regclass, 'app.webhook_event_types'::regclass)
        and confrelid not in ('app.users'::regclass)
        and conkey[1] <> (select attnum from pg_attribute where attrelid = conrelid and attname = 'tenant_id')`,

  "the tenant, the key and the user of a row are no input": `
    select attrelid::regclass || '.' || attname from pg_attribute
    where attrelid::regclass::text like 'app.%' and attname in ('tenant_id', 'id', 'user_id', 'created_at', 'updated_at')
        -- Whom somebody brings into a team, or grants something, is what the row says.
        and attrelid::regclass::text || '.' || attname not in ('app.team_members.user_id', 'app.grants.user_id')
        and (has_column_privilege('rowhouse_app', attrelid, attnum, 'insert')
            or has_column_privilege('rowhouse_app', attrelid, attnum, 'update'))`,

  "every foreign key has an index that begins with its columns": `
    select conname::text from pg_constraint as key
    where contype = 'f' and conrelid::regclass::text ~ '^(app|auth)\\.' and not exists (
        select from pg_index
        where indrelid = key.conrelid
            and (string_to_array(indkey::text, ' ')::smallint[])[1:cardinality(key.conkey)] @> key.conkey
    )`,

  "every indexed column has leakproof comparison, or cannot be filtered by under row security": `
    select indexrelid::regclass || ': ' || attname
    from pg_index
    join pg_attribute on attrelid = indexrelid
    join pg_type on pg_type.oid = atttypid
    where indrelid::regclass::text ~ '^app\\.' and typname not in ('uuid', 'text', 'int4', 'int8', 'bool', 'date', 'timestamptz')`,

  "every table is audited, or named with its reason": `
    select oid::regclass::text from pg_class
    where relnamespace::regnamespace::text in ${OURS} and relkind in ('r', 'p') and not relispartition
        and not exists (select from pg_trigger where tgrelid = pg_class.oid and tgname = 'audit_changes')
        and oid not in ('auth.registrations'::regclass, 'auth.mail_tokens'::regclass, 'auth.mails'::regclass, 'app.webhook_deliveries'::regclass, 'app.document_contents'::regclass, 'app.document_chunks'::regclass, 'app.usage_events'::regclass, 'app.usage_days'::regclass, 'auth.turns'::regclass, 'auth.memory_readings'::regclass, 'auth.tool_approvals'::regclass, 'auth.exchange_codes'::regclass, 'auth.mfa_challenges'::regclass, 'auth.passkey_challenges'::regclass, 'auth.login_throttles'::regclass, 'auth.request_counts'::regclass, 'audit.tallies'::regclass, 'context.idempotency_keys'::regclass, 'context.message_words'::regclass, 'jobs.heartbeats'::regclass, 'jobs.unkept_objects'::regclass, 'context.errors'::regclass, 'context.access_as_migrated'::regclass, 'audit.events'::regclass, 'audit.event_types'::regclass, 'audit.seal_mark'::regclass, 'audit.trees'::regclass, 'audit.leaves'::regclass, 'audit.tiles'::regclass, 'audit.checkpoints'::regclass, 'audit.commitments'::regclass, 'audit.legal_holds'::regclass)`,

  // The arguments of the trigger that audit.track() makes: tenant, key, kept, withheld.
  "every column of a tracked table was decided about: the trail keeps its values, or withholds them": `
    select tgrelid::regclass || '.' || attname
    from pg_trigger
    join pg_attribute on attrelid = tgrelid and attnum > 0 and not attisdropped
    cross join lateral (select string_to_array(encode(tgargs, 'escape'), '\\000') as arguments) as call
    where tgname = 'audit_changes'
        and not attname = any(string_to_array(arguments[3], ',') || string_to_array(arguments[4], ','))`,

  "nobody of ours may truncate, reference or put triggers on a table": `
    select relid::regclass || ' ' || privilege_type || ' ' || grantee::regrole
    from (select oid as relid, relacl, relowner from pg_class where relnamespace::regnamespace::text in ${OURS}) as tables
    cross join aclexplode(relacl)
    where grantee <> relowner and privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')`,

  "partitions of the trail are granted to nobody": `
    select inhrelid::regclass::text from pg_inherits
    join pg_class on pg_class.oid = inhrelid
    cross join aclexplode(relacl)
    where inhparent = 'audit.events'::regclass and grantee <> relowner`,
};

for (const [convention, sql] of Object.entries(conventions)) {
  test(convention, async () => expect(await offenders(sql)).toEqual([]));
}

describe("the vocabulary of refusals", () => {
  test("every SQLSTATE that a function raises is in the catalogue, and every one in the catalogue is used", async () => {
    const raised = await offenders(
      `select distinct match[1] from pg_proc, regexp_matches(prosrc, 'errcode = ''(RH...)''', 'g') as match
       where pronamespace::regnamespace::text in ${OURS} order by 1`,
    );
    const known = await offenders("select distinct code from context.errors order by 1");
    expect(known).toEqual(expect.arrayContaining(raised));
    expect(raised).toEqual(known);
  });

  test("every reason for which the door stays shut has a name of its own, and every name has a reason", async () => {
    const good = {
      kind: "session",
      credential_id: "00000000-0000-7000-8000-000000000001",
      user_status: "active",
      tenant_id: "00000000-0000-7000-8000-000000000002",
      tenant_status: "active",
      membership_status: "active",
      user_agent: "Firefox",
    };
    const fault = async (holder: object, facts: object = { user_agent: "Firefox" }): Promise<string> => {
      const { rows } = await database.admin.query(
        "select context.fault_of(jsonb_populate_record(null::context.holder, $1), $2) as fault",
        [holder, facts],
      );
      return rows[0].fault;
    };
    expect(await fault(good)).toBeNull();
    const faults = [
      await fault({}),
      await fault({ ...good, expired: true }),
      await fault({ ...good, kind: "api_key", ended: true }),
      await fault({ ...good, kind: "support", ended: true }),
      await fault({ ...good, key_thumbprint: "x".repeat(43) }),
      await fault(good, { user_agent: "curl" }),
      await fault(good, { user_agent: "Firefox", tenant_id: good.credential_id }),
    ];
    for (const table of ["user", "tenant", "membership"]) {
      const states = await offenders(
        `select state[1] from regexp_matches((select pg_get_constraintdef(oid) from pg_constraint
           where conname = '${table}s_status_check'), '''([a-z]+)''', 'g') as state`,
      );
      expect(states.length).toBeGreaterThan(1);
      for (const state of states.filter((one) => one !== "active" && one !== "deleted")) {
        faults.push(await fault({ ...good, [`${table}_status`]: state }));
      }
    }
    // What the door makes of the membership of a guest whose tenant takes none any more.
    faults.push(await fault({ ...good, kind: "guest", membership_status: "unwelcome" }));
    for (const bound of ["'{https://a.example}', null", "null, '{192.0.2.1}'"]) {
      faults.push(...(await offenders(`select context.fault_of_key(${bound}, '{}')`)));
    }
    expect(await offenders("select context.fault_of_key(null, null, '{}')")).toEqual([null]);
    const named = await offenders("select detail from context.errors where code = 'RH401'");
    // A session that ended has the row without a detail; without a credential nobody asks the door.
    expect(await fault({ ...good, ended: true })).toBe("ended");
    // Of a deleted account no session is left; one that was being opened meanwhile would be over.
    expect(await fault({ ...good, user_status: "deleted" })).toBe("ended");
    expect([...faults, "", "no_credential"].sort()).toEqual(named.sort());
  });
});
