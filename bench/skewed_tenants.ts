import type pg from "pg";
import type { Person } from "./people.ts";

/** How much there is of everything, over all tenants. */
export interface Amounts {
  readonly tenants: number;
  readonly people: number;
  readonly conversations: number;
  readonly messages: number;
  readonly events: number;
}

/** Nobody has fewer: an owner, one with many conversations and one with few. */
const LEAST_PEOPLE = 4;
const LEAST_CONVERSATIONS = 12;
/** Conversations of the one with few. */
const FEW = 3;
/** Rounds in which messages are written, so that those of one conversation do not lie side by side. */
const ROUNDS = 10;

/** Whom to ask as, and about what, in one tenant. */
export interface TenantSample {
  readonly admin: Person;
  /** A member who has a quarter of the conversations, one of them with a third of all messages. */
  readonly many: Person;
  /** A member who has three conversations. */
  readonly few: Person;
  readonly memberRoleId: string;
  readonly longConversationId: string;
  readonly fewConversationId: string;
  readonly fewMessageId: string;
}

/**
 * Fills a migrated database with tenants whose sizes follow Zipf's law: the second has half of what the first has, the
 * tenth a tenth. Everybody has a session, a password and preferences. Triggers are off: the rows matter, not how they came.
 */
export async function addSkewedTenants(admin: pg.Pool, amounts: Amounts): Promise<void> {
  const client = await admin.connect();
  try {
    await client.query("set session_replication_role = replica");
    await client.query("set synchronous_commit = off");
    await addPeople(client, amounts);
    await addConversations(client);
    await addMessages(client);
    await addEvents(client, amounts);
  } finally {
    client.release(true);
  }
  await admin.query("vacuum (analyze)");
}

/** The tenant of a rank, the largest being the first. */
export async function sampleOf(admin: pg.Pool, rank: number): Promise<TenantSample> {
  const slug = `tenant-${rank}`;
  const person = async (n: number): Promise<Person> => {
    const handle = `${n}@${slug}.example`;
    const { rows } = await admin.query<{ id: string }>("select id from app.users where lower(email) = $1", [
      handle,
    ]);
    return { userId: rows[0]!.id, handle };
  };
  const [owner, many, few] = [await person(1), await person(2), await person(3)];
  const { rows } = await admin.query<Omit<TenantSample, "admin" | "many" | "few">>(
    `select role.id as "memberRoleId",
       (select id from app.conversations where tenant_id = tenant.id and user_id = $2 order by id limit 1)
         as "longConversationId",
       message.conversation_id as "fewConversationId", message.id as "fewMessageId"
     from app.tenants as tenant
     join app.roles as role on role.tenant_id = tenant.id and role.name = 'member'
     cross join lateral (
       select conversation_id, id from app.messages where tenant_id = tenant.id and user_id = $3 order by conversation_id, id limit 1
     ) as message
     where lower(tenant.slug) = $1`,
    [slug, many.userId, few.userId],
  );
  return { admin: owner, many, few, ...rows[0]! };
}

/** Tenants with their roles, and everybody in them; `bench_tenants` and `bench_people` remember who is who. */
async function addPeople(client: pg.ClientBase, amounts: Amounts): Promise<void> {
  await client.query(
    `create temp table bench_tenants as
     with ranks as (
       select rank, 1.0 / rank / sum(1.0 / rank) over () as share from generate_series(1, $1::int) as rank
     )
     select rank, share, format('tenant-%s', rank) as slug, null::uuid as tenant_id,
       greatest(${LEAST_PEOPLE}, round($2 * share))::int as people,
       greatest(${LEAST_CONVERSATIONS}, round($3 * share))::int as conversations,
       greatest(1, round($4 * share * 2 / 3 / greatest(${LEAST_CONVERSATIONS}, round($3 * share))))::int as messages,
       greatest(1, round($4 * share / 3))::int as long_messages
     from ranks`,
    [amounts.tenants, amounts.people, amounts.conversations, amounts.messages],
  );
  await client.query(
    `insert into app.users (email, name)
     select format('%s@%s.example', n, slug), format('Person %s', n)
     from bench_tenants cross join generate_series(1, people) as n`,
  );
  await client.query(
    `update bench_tenants set tenant_id =
       auth.create_tenant(slug, slug, (select id from app.users where lower(email) = format('1@%s.example', slug)))`,
  );
  await client.query(
    `create temp table bench_people as
     select tenant.rank, tenant.tenant_id, n, person.id as user_id, person.email
     from bench_tenants as tenant cross join generate_series(1, people) as n
     join app.users as person on lower(person.email) = format('%s@%s.example', n, slug)`,
  );
  await client.query("create unique index on bench_people (rank, n)");
  await client.query("analyze bench_people");
  await client.query(
    `insert into app.memberships (tenant_id, user_id, role_id, display_name)
     select person.tenant_id, person.user_id, role.id, format('Person %s', n)
     from bench_people as person join app.roles as role on role.tenant_id = person.tenant_id and role.name = 'member'
     where n > 1`,
  );
  await client.query(
    `insert into auth.sessions (id, user_id, tenant_id, handle_digest)
     select gen_random_uuid(), user_id, tenant_id, sha256(sha256(convert_to(email, 'UTF8'))) from bench_people`,
  );
  await client.query(
    "insert into auth.passwords (user_id, hash) select user_id, '$argon2id$nobody signs in' from bench_people",
  );
  await client.query(
    "insert into app.user_preferences (tenant_id, user_id) select tenant_id, user_id from bench_people",
  );
}

/** In the order in which they would have come about: by time, not by tenant. */
async function addConversations(client: pg.ClientBase): Promise<void> {
  await client.query(
    `insert into app.conversations (tenant_id, id, user_id, title, updated_at)
     select tenant.tenant_id, uuidv7(ago), person.user_id, format('Conversation %s', c), now() + ago
     from bench_tenants as tenant
     cross join lateral generate_series(1, conversations) as c
     cross join lateral (select interval '90 days' * (c::float / conversations - 1) as ago) as age
     join bench_people as person on person.rank = tenant.rank and person.n = case
       when c % 4 = 0 then 2
       when c <= ${FEW} then 3
       else 4 + c % (people - 3)
     end
     order by ago`,
  );
}

/** A third of a tenant's messages are in the first conversation of the one with many. */
async function addMessages(client: pg.ClientBase): Promise<void> {
  await client.query(
    `create temp table bench_conversations as
     select conversation.tenant_id, conversation.id, conversation.user_id,
       case when conversation.id = first_value(conversation.id) over (partition by conversation.tenant_id, person.n = 2 order by conversation.id)
         and person.n = 2 then tenant.long_messages else tenant.messages end as messages
     from app.conversations as conversation
     join bench_people as person using (tenant_id, user_id)
     join bench_tenants as tenant using (tenant_id)`,
  );
  for (let round = 0; round < ROUNDS; round++) {
    await client.query(
      `insert into app.messages (tenant_id, user_id, conversation_id, role, content)
       select tenant_id, user_id, id, case when m % 2 = 1 then 'user' else 'assistant' end, format('Message %s of this conversation', m)
       from bench_conversations
       cross join generate_series(1 + messages * $1 / ${ROUNDS}, messages * ($1 + 1) / ${ROUNDS}) as m`,
      [round],
    );
  }
}

/** Over three months, each with its partition. */
async function addEvents(client: pg.ClientBase, amounts: Amounts): Promise<void> {
  await client.query(
    "select audit.create_partition((now() - interval '1 month' * n)::date) from generate_series(0, 3) as n",
  );
  await client.query(
    `insert into audit.events
       (tenant_id, at, action, severity, table_name, row_key, row_id, new_row, old_row, actor_kind, actor_id, request_id)
     select person.tenant_id, now() - interval '90 days' * (1 - e::float / events), action, 'informational', 'app.conversations',
       '{}', (e % 1000)::text, '{}', case when action = 'update' then '{}'::jsonb end, 'session', person.user_id,
       format('request-%s', e / 2)
     from bench_tenants as tenant
     cross join lateral (select greatest(20, round($1 * share))::int as events) as amount
     cross join lateral generate_series(1, events) as e
     cross join lateral (select case when e % 3 = 0 then 'update' else 'insert' end as action) as kind
     join bench_people as person on person.rank = tenant.rank and person.n = 1 + e % people
     order by e::float / events`,
    [amounts.events],
  );
}
