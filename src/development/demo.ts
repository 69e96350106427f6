import { randomBytes, randomUUID } from "node:crypto";
import pg from "pg";
import { hashPassword } from "../auth/passwords.ts";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { demoDocuments } from "./demo_documents.ts";
import { type DemoPerson, type DemoTenant, demoTenants } from "./demo_tenants.ts";

/** The password of everybody in the demo. Everybody knows it, so production has no demo. */
export const DEMO_PASSWORD = "four walls and one roof";

export interface DemoSignIn {
  readonly email: string;
  readonly tenant: string;
  readonly role: DemoPerson["role"];
  readonly password: string;
}

export interface DemoOptions {
  /** The embedded server's superuser: there are no invitations yet, so nobody else can bring in colleagues. */
  readonly adminUrl: string;
  readonly config: Pick<Config, "environment">;
  readonly log: Log;
}

/** Whom the explorer signs in at a click: the demo's people, where there is a demo and everybody knows of it. */
export function explorerPeople(
  config: Pick<Config, "environment" | "demo"> & { database: Pick<Config["database"], "url"> },
): DemoSignIn[] {
  return config.environment === "development" && config.demo && !config.database.url ? demoSignIns() : [];
}

function demoSignIns(): DemoSignIn[] {
  return demoTenants.flatMap(({ slug, people }) =>
    people.map(({ email, role }) => ({ email, tenant: slug, role, password: DEMO_PASSWORD })),
  );
}

/**
 * Makes the demo's companies with people of every role, a few conversations and documents, all or nothing. A company
 * that is there already is left as it is. The worker reads the documents, as it reads everybody's.
 *
 * @returns how to sign in as each of them
 * @throws in production
 */
export async function seedDemo({ adminUrl, config, log }: DemoOptions): Promise<DemoSignIn[]> {
  if (config.environment === "production") throw new Error("there is no demo in production");
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query("begin");
    for (const tenant of demoTenants) {
      const known = await client.query("select from app.tenants where slug = $1", [tenant.slug]);
      if (known.rowCount) continue;
      await makeTenant(client, tenant);
      log.info({ tenant: tenant.slug }, "made a demo company");
    }
    await client.query("commit");
  } finally {
    await client.end();
  }
  return demoSignIns();
}

async function makeTenant(client: pg.Client, tenant: DemoTenant): Promise<void> {
  const [owner, ...colleagues] = tenant.people;
  if (!owner) throw new Error(`nobody owns ${tenant.slug}`);
  await register(client, owner, tenant);
  const { rows } = await client.query<{ id: string }>("select id from app.tenants where slug = $1", [
    tenant.slug,
  ]);
  const tenantId = rows[0]?.id;
  for (const colleague of colleagues) {
    const known = await client.query("select from app.users where email = $1", [colleague.email]);
    if (known.rowCount === 0) await register(client, colleague, null);
    await client.query(
      `insert into app.memberships (tenant_id, user_id, role_id, display_name)
       select role.tenant_id, person.id, role.id, person.name
       from app.roles as role cross join app.users as person
       where role.tenant_id = $1 and role.name = $2 and person.email = $3`,
      [tenantId, colleague.role, colleague.email],
    );
  }
  await bringDocuments(client, tenant, owner);
  for (const { email, conversations = [] } of tenant.people) {
    for (const [title, ...said] of conversations) {
      await client.query(
        `with conversation as (
           insert into app.conversations (tenant_id, user_id, title)
           select $1, id, $3 from app.users where email = $2
           returning *
         )
         insert into app.messages (tenant_id, conversation_id, user_id, role, content)
         select conversation.tenant_id, conversation.id, conversation.user_id,
           case when said.turn % 2 = 1 then 'user' else 'assistant' end, said.content
         from conversation cross join unnest($4::text[]) with ordinality as said (content, turn)
         order by said.turn`,
        [tenantId, email, title, said],
      );
    }
  }
}

/** Brings the company's documents as its owner, through the door: whatever is checked for everybody, is checked here. */
async function bringDocuments(client: pg.Client, { slug }: DemoTenant, owner: DemoPerson): Promise<void> {
  const session = randomUUID();
  const credential = randomBytes(32);
  const facts = { request_id: "demo", ip: "127.0.0.1" };
  await client.query("set local role rowhouse_auth");
  const { rows } = await client.query<{ outcome: string }>(
    "select outcome from auth.finish_login($1, true, $2, $3, $4, $5)",
    [owner.email, session, credential, slug, facts],
  );
  if (rows[0]?.outcome !== "ok") {
    throw new Error(`the demo cannot sign in as ${owner.email}: ${rows[0]?.outcome}`);
  }
  await client.query("reset role; set local role rowhouse_app");
  await client.query("select context.enter($1, $2)", [credential, facts]);
  for (const { title, fileName, tags, text } of demoDocuments[slug] ?? []) {
    await client.query(
      `select app.create_document(title => $1, media_type => 'text/markdown', content => convert_to($2, 'UTF8'),
        file_name => $3, visibility => 'tenant', tags => $4, language => 'en')`,
      [title, text, fileName, tags],
    );
  }
  await client.query("reset role; set local rowhouse.context = ''");
  // Nobody is left signed in.
  await client.query("delete from auth.sessions where id = $1", [session]);
}

/** Registers somebody and follows the link, as they would over HTTP: with a tenant, they own it. */
async function register(
  client: pg.Client,
  { email, name }: DemoPerson,
  tenant: DemoTenant | null,
): Promise<void> {
  const { mail, link, code } = { mail: randomUUID(), link: randomBytes(32), code: randomBytes(32) };
  const facts = { request_id: "demo" };
  await client.query("set local role rowhouse_auth");
  await client.query("select auth.register($1, $2, $3, $4, $5, $6, $7, null, 'en', $8)", [
    email,
    name,
    tenant?.slug ?? null,
    tenant?.name ?? null,
    link,
    code,
    mail,
    facts,
  ]);
  const { rows } = await client.query<{ outcome: string }>(
    "select outcome from auth.verify_email($1, null, null, $2, 'en', $3)",
    [link, await hashPassword(DEMO_PASSWORD), facts],
  );
  // What follows is not the doing of the person who just registered; and nobody is to get the mail.
  await client.query("reset role; set local rowhouse.context = ''");
  await client.query("delete from auth.mails where id = $1", [mail]);
  if (rows[0]?.outcome !== "verified") {
    throw new Error(`the demo cannot register ${email}: ${rows[0]?.outcome}`);
  }
}
