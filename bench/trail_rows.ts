import type pg from "pg";
import { addSkewedTenants } from "./skewed_tenants.ts";

/** Months that the events are spread over, the current one the last. */
const MONTHS = 13;
const TENANTS = 200;
/** Of all events, those of the largest tenant. */
const LARGEST = 0.3;
const REQUESTS = 100_000;
/** Events that one statement writes. */
const AT_ONCE = 500_000;

/**
 * Fills a migrated database with a trail: tenants of which the largest has three tenths of all events, the others by Zipf's law,
 * what people do in a chat all day, over 13 months, in the order of time. The indexes are made afterwards, and triggers are off.
 */
export async function addTrail(admin: pg.Pool, events: number): Promise<void> {
  await addSkewedTenants(admin, {
    tenants: TENANTS,
    people: 5_000,
    conversations: TENANTS * 12,
    messages: TENANTS * 24,
    events: 0,
  });
  await admin.query(
    "select audit.create_partition((now() - interval '1 month' * n)::date) from generate_series(0, $1 - 1) as n",
    [MONTHS],
  );
  const indexes = await takeIndexes(admin);
  const client = await admin.connect();
  try {
    await client.query("set session_replication_role = replica");
    await client.query("set synchronous_commit = off");
    await describeWriters(client);
    for (let first = 1; first <= events; first += AT_ONCE) {
      await client.query(EVENTS, [first, Math.min(events, first + AT_ONCE - 1), events]);
    }
    await client.query("set maintenance_work_mem = '512MB'");
    for (const { definition } of indexes) await client.query(definition);
  } finally {
    client.release(true);
  }
  await admin.query("vacuum (analyze) audit.events");
}

/** Drops the indexes of the trail, and returns how each is made, the primary key first. */
async function takeIndexes(admin: pg.Pool): Promise<{ definition: string }[]> {
  const { rows } = await admin.query<{ definition: string; drop: string }>(
    `select
       case when indisprimary then format('alter table audit.events add primary key (%s)', (
         select string_agg(pg_get_indexdef(indexrelid, n, true), ', ' order by n) from generate_series(1, indnkeyatts) as n))
       -- Of a partitioned table it says ON ONLY, which would leave the partitions without.
       else replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') end as definition,
       case when indisprimary then 'alter table audit.events drop constraint ' || (
         select quote_ident(conname) from pg_constraint where conindid = indexrelid)
       else 'drop index audit.' || quote_ident(relname) end as drop
     from pg_index join pg_class as class on class.oid = indexrelid
     where indrelid = 'audit.events'::regclass
     order by not indisprimary, relname`,
  );
  for (const { drop } of rows) await admin.query(drop);
  return rows;
}

/** Who writes: `bench_shares` has where each tenant begins between 0 and 1, `bench_writers` whom it has. */
async function describeWriters(client: pg.ClientBase): Promise<void> {
  await client.query(
    `create temp table bench_shares as
     select array_agg(until - share order by rank) as beginnings
     from (
       select rank, share, sum(share) over (order by rank) as until
       from (
         select rank, (case when rank = 1 then ${LARGEST}
           else (1 - ${LARGEST}) / rank / sum(1.0 / rank) filter (where rank > 1) over () end)::float as share
         from generate_series(1, ${TENANTS}) as rank
       ) as shares
     ) as sums`,
  );
  await client.query(
    `create temp table bench_writers as
     select split_part(tenant.slug, '-', 2)::int as rank, tenant.id as tenant_id,
       array_agg(member.user_id order by split_part(person.email, '@', 1)::int) as people
     from app.tenants as tenant
     join app.memberships as member on member.tenant_id = tenant.id
     join app.users as person on person.id = member.user_id
     where tenant.slug like 'tenant-%'
     group by tenant.id`,
  );
  await client.query("create unique index on bench_writers (rank)");
  await client.query("analyze bench_writers");
  await client.query(
    `create temp table bench_actions (share float, action text, table_name text, kind text)`,
  );
  await client.query(`insert into bench_actions values ${ACTIONS}`);
  await client.query(
    `create temp table bench_mix as
     select array_agg(until - share order by until) as beginnings, array_agg(action order by until) as actions,
       array_agg(table_name order by until) as tables, array_agg(kind order by until) as kinds
     from (select *, sum(share) over (order by share desc, action, table_name) as until from bench_actions) as sums`,
  );
}

/** Of a hundred events, how many are what. The rare ones are what one looks for. */
const ACTIONS = `
  (34, 'insert', 'app.messages', null), (9, 'insert', 'app.conversations', null), (12, 'update', 'app.conversations', null),
  (1.5, 'delete', 'app.conversations', null), (11, 'update', 'auth.sessions', null), (6, 'insert', 'auth.sessions', 'sign_in'),
  (6, 'auth.login', null, 'sign_in'), (1.2, 'auth.login_failed', null, 'sign_in'), (3, 'auth.logout', null, null),
  (5, 'read', 'app.conversations', null), (0.6, 'audit.read', null, null), (0.4, 'access.refused', null, null),
  (8, 'api.request', null, 'api_key'), (1.6, 'update', 'app.memberships', null), (0.5, 'update', 'app.roles', null),
  (0.1, 'insert', 'app.grants', null), (0.06, 'support.read', null, 'support'), (0.02, 'insert', 'auth.support_accesses', 'system'),
  (0.02, 'chat.exported', null, null)`;

/**
 * A row has 4 events in the mean, the first of each table some thousands. A request has as many events as there are for each of
 * ${REQUESTS} requests, those of its tenant.
 */
const EVENTS = `
  insert into audit.events (
    tenant_id, id, at, action, severity, table_name, row_key, row_id, old_row, new_row, detail,
    actor_kind, actor_id, credential_id, impersonator_id, request_id, ip, user_agent
  )
  select writer.tenant_id, uuidv7(at - now()), at, told.action,
    (select severity from audit.event_types as type where type.action = told.action and type.table_name = coalesce(told.table_name, '')),
    told.table_name,
    case when told.table_name is not null then jsonb_build_object('tenant_id', writer.tenant_id, 'id', row_id) end, row_id,
    case when told.action in ('update', 'delete') then jsonb_build_object('status', 'open') || whole end,
    case when told.action in ('insert', 'update') then jsonb_build_object('status', 'archived') || whole end,
    case when told.action = 'access.refused' then '{"code": "RH403", "detail": "manage_users"}'::jsonb
      when told.table_name is null or told.action = 'read' then jsonb_build_object('number', number) end,
    of_it.kind, case when of_it.kind <> 'system' then actor_id end, case when kind <> 'system' then actor_id end,
    case when kind = 'support' then actor_id end,
    format('request-%s', number * ${REQUESTS} / $3::bigint), '192.0.2.7', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
  from generate_series($1::bigint, $2::bigint) as number
  cross join lateral (
    select now() - (1 - number::float / $3) * (now() - date_trunc('month', now() - interval '${MONTHS - 1} months')) as at,
      -- Named by the number, so that each row has its own.
      random() + 0 * number as whose, random() + 0 * number as what, random() + 0 * number as who, random() + 0 * number as which
  ) as chance
  cross join bench_shares as share
  cross join bench_mix as mix
  join bench_writers as writer on writer.rank = width_bucket(whose, share.beginnings)
  cross join lateral (select width_bucket(what * 100.05, mix.beginnings) as place) as chosen
  cross join lateral (select mix.actions[place] as action, mix.tables[place] as table_name, mix.kinds[place] as always) as told
  cross join lateral (
    select coalesce(told.always, case when who < 0.08 then 'api_key' when who < 0.1 then 'system' when who < 0.12 then 'guest' else 'session' end) as kind,
      writer.people[1 + floor(which ^ 2 * cardinality(writer.people))::int] as actor_id,
      case when told.table_name is not null then
        md5(format('%s %s %s', writer.rank, told.table_name, floor(which ^ 2 * $3 / 4 * case writer.rank when 1 then ${LARGEST} else 0.1 end)))::uuid::text
      end as row_id
  ) as of_it
  cross join lateral (
    select jsonb_build_object('tenant_id', writer.tenant_id, 'id', row_id, 'user_id', actor_id, 'title', '[redacted]', 'team_id', null,
      'pinned_at', null, 'created_at', '2026-01-01T00:00:00+00:00', 'updated_at', at) as whole
  ) as row_of_it
  order by at`;
