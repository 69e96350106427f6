import pg from "pg";
import { hashPassword } from "../auth/passwords.ts";

/** The password of everybody in the demo. Development only: production refuses DEMO=on. */
const PASSWORD = "rowhouse-demo-2026";

interface DemoPerson {
  readonly email: string;
  readonly name: string;
  readonly role: "admin" | "member" | "viewer";
  /** A conversation to begin with: what the person asked. */
  readonly asked?: string;
}

interface DemoTenant {
  readonly slug: string;
  readonly name: string;
  /** The first, an admin, owns the tenant. */
  readonly people: readonly DemoPerson[];
}

const demo: readonly DemoTenant[] = [
  {
    slug: "acme",
    name: "Acme",
    people: [
      { email: "ada@acme.example", name: "Ada", role: "admin", asked: "Which orders are late this week?" },
      { email: "mel@acme.example", name: "Mel", role: "member", asked: "How do I return an anvil?" },
      { email: "vic@acme.example", name: "Vic", role: "viewer" },
    ],
  },
  {
    slug: "globex",
    name: "Globex",
    people: [
      { email: "gus@globex.example", name: "Gus", role: "admin", asked: "What did we ship yesterday?" },
      { email: "mia@globex.example", name: "Mia", role: "member", asked: "When is the next fire drill?" },
      { email: "val@globex.example", name: "Val", role: "viewer" },
    ],
  },
];

/** How to sign in to the demo, one line each. */
export function demoSignIns(): string[] {
  return [
    `Demo sign-ins (password ${PASSWORD}):`,
    ...demo.flatMap(({ slug, people }) =>
      people.map(({ email, role }) => `  ${slug.padEnd(8)}${role.padEnd(8)}${email}`),
    ),
  ];
}

/**
 * Makes the demo's tenants, people and first conversations; does nothing where they are.
 *
 * @param adminUrl the embedded server's superuser: setting up people of every role is nobody else's right
 */
export async function seedDemo(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query("begin");
    for (const tenant of demo) {
      const known = await client.query("select from app.tenants where slug = $1", [tenant.slug]);
      if (known.rowCount === 0) await makeTenant(client, tenant);
    }
    await client.query("commit");
  } finally {
    await client.end();
  }
}

async function makeTenant(client: pg.Client, { slug, name, people }: DemoTenant): Promise<void> {
  const ids: string[] = [];
  for (const person of people) {
    const made = await client.query<{ id: string }>(
      "insert into app.users (email, name) values ($1, $2) returning id",
      [person.email, person.name],
    );
    const id = made.rows[0]!.id;
    ids.push(id);
    await client.query("insert into auth.passwords (user_id, hash) values ($1, $2)", [
      id,
      await hashPassword(PASSWORD),
    ]);
  }
  const created = await client.query<{ id: string }>("select auth.create_tenant($1, $2, $3) as id", [
    slug,
    name,
    ids[0],
  ]);
  const tenantId = created.rows[0]!.id;
  for (const [index, person] of people.entries()) {
    if (index > 0) {
      await client.query(
        `insert into app.memberships (tenant_id, user_id, role_id, display_name)
         select $1, $2, role.id, $3 from app.roles as role where role.tenant_id = $1 and role.name = $4`,
        [tenantId, ids[index], person.name, person.role],
      );
    }
    if (person.asked) {
      await client.query(
        `with conversation as (
           insert into app.conversations (tenant_id, user_id, title) values ($1, $2, $3) returning id
         )
         insert into app.messages (tenant_id, conversation_id, user_id, content)
         select $1, conversation.id, $2, $3 from conversation`,
        [tenantId, ids[index], person.asked],
      );
    }
  }
}
