import { randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import pg from "pg";
import { createApiKeys, storedOf } from "../../src/auth/api_key.ts";
import { masterKeys } from "../../src/auth/encryption.ts";
import { hashPassword } from "../../src/auth/passwords.ts";
import { digest, refreshToken, sessionHandle } from "../../src/auth/session_secrets.ts";
import { BENCH_KEY } from "../server.ts";
import { withTriggersOff } from "../triggers_off.ts";
import { type Caller, type Conversation, PASSWORD, USER_AGENT } from "./callers.ts";
import { NESTED, PAGE } from "./operations.ts";

/** How much there is of everything. */
export interface Size {
  readonly tenants: number;
  /** Of how many tenants, spread over all, the administrator calls. */
  readonly callers: number;
  /** Of each tenant, the first of them its administrator. */
  readonly people: number;
  /** Of each tenant. The newest 20 have 24 messages, the others so many: */
  readonly conversations: number;
  readonly messages: number;
}

const { current: masterKey } = masterKeys({ masterKey: BENCH_KEY, previousMasterKey: null });

/**
 * Fills our own tables, with triggers off, and gives each tenant's administrator a session, as a
 * login would: with a handle and a refresh token derived from the master key. And an API key.
 *
 * @returns the administrators who call
 */
export async function insertRows(admin: pg.Pool, size: Size): Promise<Caller[]> {
  const sessions = Array.from({ length: size.tenants }, () => randomUUID());
  const handles = sessions.map((session) => sessionHandle(masterKey, session));
  const apiKeys = sessions.map(() => createApiKeys().secret);
  const hash = await hashPassword(PASSWORD);
  await withTriggersOff(admin, async (client) => {
    await addPeople(client, size, hash);
    await client.query(
      `insert into auth.sessions (id, user_id, tenant_id, handle_digest, user_agent)
       select session.id, person.id, tenant.id, session.digest, $3
       from unnest($1::uuid[], $2::bytea[]) with ordinality as session (id, digest, n)
       join app.tenants as tenant on tenant.slug = 'company-' || n
       join app.users as person on lower(person.email) = '1@company-' || n || '.example'`,
      [sessions, handles.map((handle) => digest(digest(handle))), USER_AGENT],
    );
    const stored = apiKeys.map(storedOf);
    await client.query(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, beginning, scopes)
       select tenant.id, person.id, 'Bench', key.digest, key.beginning, '{chat,view_all_chats}'
       from unnest($1::bytea[], $2::text[]) with ordinality as key (digest, beginning, n)
       join app.tenants as tenant on tenant.slug = 'company-' || n
       join app.users as person on lower(person.email) = '1@company-' || n || '.example'`,
      [stored.map(({ digest }) => digest), stored.map(({ beginning }) => beginning)],
    );
    await client.query(CONVERSATIONS, [size.conversations]);
    await client.query(MESSAGES, [NESTED, size.messages]);
  });
  // Its workers would take CPU in somebody's turn.
  await admin.query("alter system set autovacuum = off");
  await admin.query("select pg_reload_conf()");
  await admin.query("vacuum (analyze)");
  const administrators = (await newest(admin)).map((caller, n) => ({
    ...caller,
    handle: handles[n]!,
    apiKey: apiKeys[n]!,
    refreshTokens: {
      ours: refreshToken(masterKey, sessions[n]!, 0),
      byHand: randomBytes(32).toString("base64url"),
    },
  }));
  return administrators.filter((_, n) => n % (size.tenants / size.callers) === 0);
}

/** Copies all of it into the plain schema (plain.sql), with the roles that work there. */
export async function copyRows(admin: pg.Pool, callers: readonly Caller[], password: string): Promise<void> {
  for (const role of ["plain_app", "plain_owner"]) {
    await admin.query(`create role ${role} login password ${pg.escapeLiteral(password)}`);
  }
  await admin.query(await readFile(new URL("plain.sql", import.meta.url), "utf8"));
  await admin.query(
    `insert into plain_private.sessions (tenant_id, user_id, refresh_digest)
     select * from unnest($1::uuid[], $2::uuid[], $3::bytea[])`,
    [
      callers.map(({ tenantId }) => tenantId),
      callers.map(({ userId }) => userId),
      callers.map(({ refreshTokens }) => digest(refreshTokens.byHand)),
    ],
  );
  await admin.query("vacuum (analyze)");
}

async function addPeople(client: pg.ClientBase, { tenants, people }: Size, hash: string): Promise<void> {
  await client.query(
    `insert into app.users (email, name)
     select format('%s@company-%s.example', person, tenant), format('Person %s', person)
     from generate_series(1, $1) as tenant, generate_series(1, $2) as person`,
    [tenants, people],
  );
  await client.query("insert into auth.passwords (user_id, hash) select id, $1 from app.users", [hash]);
  await client.query(
    `select auth.create_tenant('company-' || n, 'Company ' || n,
       (select id from app.users where lower(email) = '1@company-' || n || '.example'))
     from generate_series(1, $1::int) as n`,
    [tenants],
  );
  await client.query(
    `insert into app.memberships (tenant_id, user_id, role_id, display_name)
     select role.tenant_id, person.id, role.id, person.name
     from app.users as person
     join app.tenants as tenant on tenant.slug || '.example' = split_part(person.email, '@', 2)
     join app.roles as role on role.tenant_id = tenant.id and role.name = 'member'
     where person.email not like '1@%'`,
  );
}

// In the order in which they would have come about: by time, not by tenant.
const CONVERSATIONS = `
  insert into app.conversations (tenant_id, id, user_id, title, created_at, updated_at)
  select company.tenant_id, uuidv7(age), company.people[1 + n % cardinality(company.people)],
    format('Conversation %s of %s', n, company.slug), now() + age, now() + age
  from generate_series(1, $1::int) as n
  cross join lateral (select interval '10 minutes' * (n - $1 - 1) as age)
  cross join (
    select tenant.id as tenant_id, tenant.slug, array_agg(membership.user_id order by membership.id) as people
    from app.tenants as tenant join app.memberships as membership on membership.tenant_id = tenant.id
    group by tenant.id
  ) as company
  order by n, company.slug`;

const MESSAGES = `
  insert into app.messages (tenant_id, id, conversation_id, user_id, role, content, created_at)
  select tenant_id, uuidv7(age), id, user_id, case when m % 2 = 1 then 'user' else 'assistant' end,
    format('Message %s of %s: ', m, slug) || repeat('so much there is to say. ', 4), now() + age
  from (
    select conversation.*, tenant.slug,
      row_number() over (partition by conversation.tenant_id order by conversation.id desc) as age_rank
    from app.conversations as conversation join app.tenants as tenant on tenant.id = conversation.tenant_id
  ) as conversation
  cross join lateral generate_series(1, case when age_rank <= $1::int then $1 + 4 else $2::int end) as m
  cross join lateral (select created_at - now() + interval '10 seconds' * m as age)
  order by created_at, slug, m`;

interface Newest {
  readonly tenant: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly email: string;
  readonly conversations: readonly Conversation[];
}

async function newest(admin: pg.Pool): Promise<Newest[]> {
  const { rows } = await admin.query<Newest>(
    `select tenant.slug as tenant, tenant.id as "tenantId", person.id as "userId", person.email,
       (select jsonb_agg(jsonb_build_object('id', id, 'title', title) order by id desc)
        from (select id, title from app.conversations where tenant_id = tenant.id order by id desc limit $1)
          as newest) as conversations
     from app.tenants as tenant join app.users as person on lower(person.email) = '1@' || tenant.slug || '.example'
     order by substring(tenant.slug from '\\d+')::int`,
    [PAGE],
  );
  return rows;
}
