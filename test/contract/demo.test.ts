import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { passwordProblem } from "../../src/auth/passwords.ts";
import { DEMO_PASSWORD, type DemoSignIn, seedDemo } from "../../src/development/demo.ts";
import { demoTenants } from "../../src/development/demo_tenants.ts";
import { jobs } from "../../src/jobs/jobs.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const log = pino({ level: "silent" });
let database: TestDatabase;
let server: TestServer;
let signIns: DemoSignIn[];

beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  signIns = await seed();
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

function seed(): Promise<DemoSignIn[]> {
  return seedDemo({ adminUrl: database.adminUrl, config: { environment: "development" }, log });
}

const tables = [
  "app.tenants",
  "app.users",
  "app.roles",
  "app.memberships",
  "app.conversations",
  "app.messages",
  "app.documents",
  "auth.sessions",
  "auth.passwords",
  "auth.registrations",
  "audit.events",
];

async function counts(): Promise<Record<string, number>> {
  const { rows } = await database.admin.query(
    `select ${tables.map((name) => `(select count(*)::int from ${name}) as "${name}"`).join(", ")}`,
  );
  return rows[0];
}

test("the demo is made once: a second start changes nothing and names the same sign-ins", async () => {
  const before = await counts();
  expect(before).toMatchObject({
    "app.tenants": 2,
    "app.users": 7,
    "app.memberships": 8,
    "auth.passwords": 7,
  });
  expect(before).toMatchObject({ "auth.registrations": 0, "auth.sessions": 0, "app.documents": 8 });
  expect(await seed()).toEqual(signIns);
  expect(await counts()).toEqual(before);
});

test("somebody of every role lives in each company, and one person in both", () => {
  for (const tenant of ["acme", "globex"]) {
    const roles = signIns.filter((one) => one.tenant === tenant).map(({ role }) => role);
    expect(new Set(roles)).toEqual(new Set(["admin", "member", "viewer"]));
  }
  const both = signIns.filter(({ email }, index) => signIns.findIndex((one) => one.email === email) < index);
  expect(both).toHaveLength(1);
});

test("each company is owned by its admin, and by nobody else", async () => {
  const { rows } = await database.admin.query(
    `select tenant.slug, person.email from app.memberships as membership
     join app.tenants as tenant on tenant.id = membership.tenant_id
     join app.users as person on person.id = membership.user_id
     where membership.is_owner order by tenant.slug`,
  );
  expect(rows).toEqual([
    { slug: "acme", email: "ada@acme.example" },
    { slug: "globex", email: "gus@globex.example" },
  ]);
});

test("its password is one that registration would accept", () => {
  for (const { email, tenant } of signIns) {
    expect(passwordProblem(DEMO_PASSWORD, [email, tenant, "Acme Rockets", "Globex Gardening"])).toBeNull();
  }
});

test("the trail names each person's registration, and the rest as the system's", async () => {
  const { rows } = await database.admin.query(
    `select table_name, array_agg(distinct actor_kind) as actors from audit.events
     where table_name in ('app.users', 'app.conversations') group by table_name order by table_name`,
  );
  expect(rows).toEqual([
    { table_name: "app.conversations", actors: ["system"] },
    { table_name: "app.users", actors: ["sign_in"] },
  ]);
});

test("each company's documents are read by the worker, and found by its own members", async () => {
  expect(await jobs.index_documents!(jobContext(database))).toEqual({
    ready: 8,
    dropped: 0,
    failed: 0,
    unembedded: 0,
  });
  const ask = async (email: string, tenant: string, query: string) => {
    const login = await server.post("/auth/login", { email, password: DEMO_PASSWORD, tenant });
    const answer = await server.post(
      "/graphql",
      { query: `{ searchPassages(query: "${query}", wanted: 1) { nodes { title content } } }` },
      { Authorization: `Bearer ${login.body.access_token}` },
    );
    return answer.body.data.searchPassages.nodes[0];
  };
  const days = "How many days of paid leave?";
  expect((await ask("mel@acme.example", "acme", days)).content).toContain("28 days");
  expect((await ask("mia@globex.example", "globex", days)).content).toContain("26 days");
  expect((await ask("mel@acme.example", "acme", "Which red are the fins painted in?")).title).toBe(
    "Launch rules",
  );
});

test("production has no demo", async () => {
  const before = await counts();
  const inProduction = { adminUrl: database.adminUrl, config: { environment: "production" }, log } as const;
  await expect(seedDemo(inProduction)).rejects.toThrow("there is no demo in production");
  expect(await counts()).toEqual(before);
});

/** What they may see: their own conversations, for admins everybody's, for viewers none. */
function visibleTitles({ email, tenant, role }: DemoSignIn): string[] {
  const { people } = demoTenants.find(({ slug }) => slug === tenant)!;
  return people
    .filter((person) => role === "admin" || (role === "member" && person.email === email))
    .flatMap(({ conversations = [] }) => conversations.map(([title]) => title))
    .toSorted();
}

describe("everybody of the demo signs in over HTTP and sees only their own company", () => {
  test.each(demoTenants.flatMap(({ slug, people }) => people.map(({ email }) => ({ email, tenant: slug }))))(
    "$email at $tenant",
    async ({ email, tenant }) => {
      const signIn = signIns.find((one) => one.email === email && one.tenant === tenant)!;
      const login = await server.post("/auth/login", { email, password: signIn.password, tenant });
      expect(login.status).toBe(200);
      expect(login.body.tenant.slug).toBe(tenant);

      const answer = await server.post(
        "/graphql",
        {
          query:
            "{ myTenant { slug } conversations { nodes { title } } memberships { nodes { displayName } } }",
        },
        { Authorization: `Bearer ${login.body.access_token}` },
      );
      expect(answer.body.errors).toBeUndefined();
      const { myTenant, conversations, memberships } = answer.body.data;
      expect(myTenant).toEqual({ slug: tenant });
      expect(conversations.nodes.map(({ title }: { title: string }) => title).toSorted()).toEqual(
        visibleTitles(signIn),
      );
      const colleagues = demoTenants.find(({ slug }) => slug === tenant)!.people.map(({ name }) => name);
      expect(
        memberships.nodes.map(({ displayName }: { displayName: string }) => displayName).toSorted(),
      ).toEqual(colleagues.toSorted());
    },
  );
});
