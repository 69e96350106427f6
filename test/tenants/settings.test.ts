import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { blocksOf } from "../support/documents.ts";
import { createPerson, createTenant, mailedCode, type SignUp, signUp } from "../support/people.ts";
import { eventually, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

let made = 0;
const owner = (): Promise<SignUp & { tenantId?: string }> =>
  signUp(server, { tenant: { name: "Company", slug: `company-${++made}` } });
const ask = async (query: string, { headers }: SignUp, variables: object = {}) =>
  (await server.post("/graphql", { query, variables }, headers)).body as {
    data: Record<string, never> | null;
    errors?: { message: string; extensions: { code: string } }[];
  };
const code = (answer: Awaited<ReturnType<typeof ask>>) => answer.errors?.[0]?.extensions.code;
const run = (sql: string, ...values: unknown[]) => database.admin.query(sql, values);
const logIn = ({ email, password }: SignUp, tenant?: string) =>
  server.post("/auth/login", { email, password, ...(tenant && { tenant }) });

describe("the page's examples", () => {
  const page = readFileSync(join(projectRoot, "docs/organisations/tenants.md"), "utf8");
  const examples = blocksOf(page, "graphql");

  test("do what it says", async () => {
    const person = await owner();
    const { id, slug } = person.login.tenant!;
    const answers = [];
    for (const example of examples) {
      const names = [...example.matchAll(/\$(\w+):/g)].map(([, name]) => name!);
      const variables = Object.fromEntries(names.map((name) => [name, name === "id" ? id : slug]));
      answers.push(await ask(example, person, variables));
    }
    expect(answers.map(({ errors }) => errors)).toEqual(examples.map(() => undefined));
    expect(answers.map(({ data }) => data)).toEqual([
      {
        updateTenant: {
          tenant: {
            name: "Acme Ltd",
            brandName: "Acme Answers",
            brandColor: "#103a5c",
            accentColor: "#e0662b",
            logoUrl: "https://acme.example/logo.svg",
            language: "de",
          },
        },
      },
      { updateTenant: { tenant: { signInWays: ["password", "passkey"] } } },
      {
        myUsage: {
          seats: null,
          seatsUsed: 1,
          keys: null,
          keysUsed: 0,
          requestsPerMinute: null,
          requestsPerDay: null,
          requestsToday: expect.any(Number),
          storage: null,
          storageUsed: "0",
        },
      },
      { deleteTenant: { deletion: { erasedFrom: expect.stringMatching(/^\d{4}-/) } } },
    ]);
  });

  test("name codes that there are, with their pages", () => {
    for (const [, name, file] of page.matchAll(/\[`(\w+)`\]\(\.\.\/errors\/(\w+)\.md\)/g)) {
      expect(file).toBe(name);
      expect(readFileSync(join(projectRoot, "docs/errors", `${file}.md`), "utf8")).toContain(name);
    }
  });
});

test("a brand is a color, an https address and a name, and nothing else", async () => {
  const person = await owner();
  const change = (patch: string) =>
    ask(`mutation ($id: ID!) { updateTenant(input: {id: $id, patch: ${patch}}) { tenant { id } } }`, person, {
      id: person.login.tenant!.id,
    });
  for (const patch of [
    '{brandColor: "red"}',
    '{brandColor: "#12345"}',
    '{accentColor: "#FFFFFF; }"}',
    '{logoUrl: "http://acme.example/a.png"}',
    '{logoUrl: "javascript:alert(1)"}',
    '{brandName: "\\u200b"}',
    '{language: "../../en"}',
    "{signInWays: []}",
    '{signInWays: ["Pass word"]}',
  ])
    expect(code(await change(patch)), patch).toBe("INVALID_INPUT");
});

test("limits and status are the operator's: nobody else has a field for them", async () => {
  const person = await owner();
  for (const patch of [
    "seats: 9",
    "keyLimit: 9",
    "requestsPerMinute: 9",
    "requestsPerDay: 9",
    "deletionGraceDays: 0",
    "status: ACTIVE",
  ]) {
    const answer = await ask(
      `mutation ($id: ID!) { updateTenant(input: {id: $id, patch: {${patch}}}) { tenant { id } } }`,
      person,
      { id: person.login.tenant!.id },
    );
    expect(answer.errors, patch).toBeDefined();
  }
});

describe("ways to sign in", () => {
  const narrow = (tenantId: string, ways: string | null) =>
    run("update app.tenants set sign_in_ways = $2 where id = $1", tenantId, ways);

  test("are asked at every way in, and name themselves only to who proved who they are", async () => {
    const person = await owner();
    const { id, slug } = person.login.tenant!;
    await narrow(id, "{link}");
    expect(await logIn(person)).toMatchObject({ status: 403, body: { code: "way_not_allowed" } });
    expect(await logIn({ ...person, password: "not the one" })).toMatchObject({
      status: 401,
      body: { code: "invalid_credentials" },
    });
    const mails = () => server.mails().filter((mail) => mail.includes(`To: ${person.email}`)).length;
    const before = mails();
    await server.post("/auth/link/request", { email: person.email });
    await eventually(() => mails() > before);
    const six = await mailedCode(server, person.email);
    expect((await server.post("/auth/link/consume", { email: person.email, code: six })).status).toBe(200);
    // Who is in stays in; a session that was opened by a password does not switch there.
    expect((await ask("{ me { id } }", person)).errors).toBeUndefined();
    const other = await owner();
    await run(
      `insert into app.memberships (tenant_id, user_id, role_id, display_name)
       select $1, $2, id, 'Other' from app.roles where tenant_id = $1 and name = 'member'`,
      id,
      other.login.user.id,
    );
    expect(await server.post("/auth/switch", { tenant: slug }, other.headers)).toMatchObject({
      status: 403,
      body: { code: "way_not_allowed" },
    });
    // Without a company named, they come to the one that lets them in.
    expect(await logIn(other)).toMatchObject({
      status: 200,
      body: { tenant: { slug: other.login.tenant!.slug } },
    });
    await narrow(id, "{link,password}");
    expect((await logIn(other, slug)).status).toBe(200);
  });

  test("of a provider are that provider, also after a second factor and in the next company", async () => {
    const person = await owner();
    const { id } = person.login.tenant!;
    const open = async (methods: string, way: string | null, sibling: string | null = null) =>
      (
        await database.admin.query(
          "select outcome from auth.open_session($1, gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), null, $2, '{}', $4, $3)",
          [person.login.user.id, methods, way, sibling],
        )
      ).rows[0].outcome;
    await narrow(id, "{acme-id}");
    expect(await open("{fed}", "acme-id")).toBe("ok");
    expect(await open("{fed,otp,mfa}", "acme-id")).toBe("ok");
    expect(await open("{fed}", "google")).toBe("way_not_allowed");
    expect(await open("{fed}", null)).toBe("way_not_allowed");
    expect(await open("{hwk,user}", null)).toBe("way_not_allowed");
    const { rows } = await database.admin.query(
      "select id from auth.sessions where user_id = $1 and way = 'acme-id' limit 1",
      [person.login.user.id],
    );
    expect(await open("{fed}", null, rows[0].id)).toBe("ok");
  });

  test("are changed with a fresh sign-in", async () => {
    const person = await owner();
    await run(
      "update auth.sessions set authenticated_at = now() - interval '11 minutes' where user_id = $1",
      person.login.user.id,
    );
    const answer = await ask(
      `mutation ($id: ID!) { updateTenant(input: {id: $id, patch: {signInWays: ["password"]}}) { tenant { id } } }`,
      person,
      { id: person.login.tenant!.id },
    );
    expect(code(answer)).toBe("STEP_UP_REQUIRED");
  });
});

describe("limits", () => {
  test("of keys: the last one is made once, by whoever is first; rotating takes no other", async () => {
    const tenant = await createTenant(database);
    await run("update app.tenants set key_limit = 3 where id = $1", tenant.tenantId);
    const make = (n: number) =>
      run(
        "insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'k', sha256($3::bytea), '{chat}')",
        tenant.tenantId,
        tenant.owner.userId,
        Buffer.from(`${tenant.slug} ${n}`),
      ).then(
        () => "made",
        (error: { code: string; message: string }) => `${error.code} ${error.message}`,
      );
    const came = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(make));
    expect(came.filter((one) => one === "made")).toHaveLength(3);
    expect(came.filter((one) => one !== "made")).toEqual(Array(5).fill("RH480 3 of 3 API keys are in use"));
    await run(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes, replaces)
       select tenant_id, user_id, name, sha256('rotated'), scopes, id from auth.api_keys where tenant_id = $1 limit 1`,
      tenant.tenantId,
    );
    expect(await make(9)).toMatch(/^RH480/);
    await run(
      "update auth.api_keys set revoked_at = now() where tenant_id = $1 and replaces is not null",
      tenant.tenantId,
    );
    // The one that was replaced is good as well, and counts again.
    expect(await make(10)).toMatch(/^RH480/);
    await run("update auth.api_keys set revoked_at = now() where tenant_id = $1", tenant.tenantId);
    expect(await make(11)).toBe("made");
  });

  test("of seats: ten come for three at once", async () => {
    const tenant = await createTenant(database);
    await run("update app.tenants set seats = 4 where id = $1", tenant.tenantId);
    const people = await Promise.all(Array.from({ length: 10 }, () => createPerson(database)));
    const came = await Promise.all(
      people.map(({ userId }) =>
        run(
          `insert into app.memberships (tenant_id, user_id, role_id, display_name)
           select $1, $2, id, 'New' from app.roles where tenant_id = $1 and name = 'member'`,
          tenant.tenantId,
          userId,
        ).then(
          () => "came",
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(came.toSorted()).toEqual([...Array(7).fill("RH471"), ...Array(3).fill("came")]);
  });

  test("are shown to who manages the company", async () => {
    const person = await owner();
    await run("update app.tenants set seats = 5, key_limit = 2 where id = $1", person.login.tenant!.id);
    const usage = "{ myUsage { seats seatsUsed keys keysUsed } }";
    expect((await ask(usage, person)).data).toEqual({
      myUsage: { seats: 5, seatsUsed: 1, keys: 2, keysUsed: 0 },
    });
    await run(
      `update app.roles set permissions = array_remove(permissions, 'manage_tenant') where tenant_id = $1`,
      person.login.tenant!.id,
    );
    expect(code(await ask(usage, person))).toBe("PERMISSION_DENIED");
  });

  test("of requests hold for every key, whatever it says", async () => {
    const { rows } = await database.admin.query(
      "select pg_get_functiondef('context.request_limit()'::regprocedure) as body",
    );
    expect(rows[0].body).toContain("least(mine.requests_per_minute, place.requests_per_minute)");
  });
});

describe("POST /auth/tenants", () => {
  test("makes a company of one's own, which one enters by switching", async () => {
    const person = await signUp(server);
    const first = await server.post("/auth/tenants", { slug: "mine", name: "Mine" }, person.headers);
    expect(first).toMatchObject({ status: 201, body: { tenant: { slug: "mine", name: "Mine" } } });
    const second = await server.post("/auth/tenants", { slug: "mine", name: "Mine too" }, person.headers);
    expect((second.body as { tenant: { slug: string } }).tenant.slug).toMatch(/^mine-[0-9a-f]{6}$/);
    const inside = await server.post("/auth/switch", { tenant: "mine" }, person.headers);
    expect(inside.status).toBe(200);
    const { rows } = await database.admin.query(
      "select is_owner from app.memberships where user_id = $1 order by created_at",
      [person.login.user.id],
    );
    expect(rows).toEqual([{ is_owner: true }, { is_owner: true }]);
  });

  test("stops at twenty, also for those that are made at the same moment", async () => {
    const person = await signUp(server);
    await run(
      "select auth.create_tenant('nineteen-' || n, 'Nineteen', $1) from generate_series(1, 19) as n",
      person.login.user.id,
    );
    const came = await Promise.all(
      [1, 2, 3].map((n) => server.post("/auth/tenants", { slug: `last-${n}`, name: "Last" }, person.headers)),
    );
    expect(came.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
  });
});
