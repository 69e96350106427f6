import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { mailedToken, type SignUp, signUp } from "../support/people.ts";
import { eventually, readable, startTestServer, type TestServer } from "../support/server.ts";

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

interface Company {
  readonly id: string;
  readonly slug: string;
  readonly owner: SignUp;
}

const run = (sql: string, ...values: unknown[]) => database.admin.query(sql, values);
const restore = (token: string) => server.post("/auth/tenants/restore", { token });
const status = async ({ id }: Company) =>
  (await run("select status from app.tenants where id = $1", id)).rows[0].status;
const events = async ({ id }: Company, action: string) =>
  (
    await run(
      "select actor_kind, actor_id, detail from audit.events where tenant_id = $1 and action = $2 order by at",
      id,
      action,
    )
  ).rows;
let made = 0;
async function company(): Promise<Company> {
  const owner = await signUp(server, { tenant: { name: "Regretted", slug: `regretted-${++made}` } });
  const { id, slug } = owner.login.tenant!;
  return { id, slug, owner };
}
async function secondOwner({ id }: Company): Promise<SignUp> {
  const person = await signUp(server);
  await run(
    `insert into app.memberships (tenant_id, user_id, role_id, is_owner, display_name)
     select $1, $2, id, true, 'Second' from app.roles where tenant_id = $1 and name = 'admin'`,
    id,
    person.login.user.id,
  );
  return person;
}
const mailsTo = (email: string, text: string) =>
  server
    .mails()
    .map(readable)
    .filter((mail) => mail.includes(`To: ${email}`) && mail.includes(text));
/** Has it deleted by its owner; the tokens of the links that these people are mailed. */
async function close({ slug, owner }: Company, ...people: SignUp[]): Promise<string[]> {
  const before = people.map(({ email }) => mailsTo(email, "/auth/tenants/restore").length);
  const query = `mutation { deleteTenant(input: {slug: "${slug}"}) { deletion { erasedFrom } } }`;
  const { body } = await server.post("/graphql", { query }, owner.headers);
  expect(body.errors).toBeUndefined();
  // What the database queued by itself goes out with the next mail.
  await server.post("/auth/password/forgot", { email: `nobody.${randomUUID()}@example.com` });
  await eventually(() =>
    people.every(({ email }, n) => mailsTo(email, "/auth/tenants/restore").length > before[n]!),
  );
  return Promise.all(people.map(({ email }) => mailedToken(server, email)));
}
const refused = { status: 400, body: { code: "invalid_verification_token" } };

describe("the link that owners are mailed", () => {
  test("brings the company back, tells all of them, and is good once", async () => {
    const acme = await company();
    const second = await secondOwner(acme);
    const [own, others] = await close(acme, acme.owner, second);
    expect(await status(acme)).toBe("closed");
    expect(await restore(others!)).toMatchObject({ status: 204 });
    expect(await status(acme)).toBe("active");
    expect((await run("select from auth.tenant_deletions where id = $1", acme.id)).rows).toEqual([]);
    expect(await events(acme, "tenant.resumed")).toEqual([
      {
        actor_kind: "sign_in",
        actor_id: second.login.user.id,
        detail: expect.objectContaining({ from: "closed", outcome: "ok" }),
      },
    ]);
    for (const { email } of [acme.owner, second]) {
      await eventually(() => mailsTo(email, "A company of yours stays").length === 1);
    }
    // Who was in stays out, and comes in as always.
    expect((await server.post("/graphql", { query: "{ me { id } }" }, acme.owner.headers)).status).toBe(401);
    const { email, password } = acme.owner;
    const again = await server.post("/auth/login", { email, password, tenant: acme.slug });
    expect(again.status).toBe(200);
    for (const used of [own!, others!]) expect(await restore(used)).toMatchObject(refused);
    expect(await events(acme, "tenant.resumed")).toHaveLength(1);
  });

  test("names nobody and nothing that whoever had it sent has chosen", async () => {
    const acme = await company();
    await close(acme, acme.owner);
    const [mail] = mailsTo(acme.owner.email, "/auth/tenants/restore");
    for (const chosen of ["Regretted", acme.slug]) expect(mail).not.toContain(chosen);
  });

  test("opens a page that changes nothing", async () => {
    const acme = await company();
    const [token] = await close(acme, acme.owner);
    const page = await server.get(`/auth/tenants/restore?token=${token}`, { Accept: "text/html" });
    expect(page.headers.get("Content-Type")).toMatch(/html/);
    expect(await status(acme)).toBe("closed");
    expect(await restore(token!)).toMatchObject({ status: 204 });
  });

  test("is good for nothing else, and nothing else for it", async () => {
    const acme = await company();
    const [token] = await close(acme, acme.owner);
    expect(await server.post("/auth/account/restore", { token })).toMatchObject(refused);
    expect(await server.post("/auth/link/consume", { token })).toMatchObject(refused);
    await server.post("/auth/link/request", { email: acme.owner.email });
    const sent = () => mailsTo(acme.owner.email, "/auth/link#").length;
    await eventually(() => sent() === 1);
    expect(await restore(await mailedToken(server, acme.owner.email))).toMatchObject(refused);
    expect(await restore(randomUUID())).toMatchObject(refused);
    expect(await status(acme)).toBe("closed");
  });

  test("outlives a change of password: whoever was in changes nothing more", async () => {
    const acme = await company();
    const [token] = await close(acme, acme.owner);
    await run("select auth.void_mail_tokens($1, $2)", acme.owner.email, acme.owner.login.user.id);
    expect(await restore(token!)).toMatchObject({ status: 204 });
  });

  test.each([
    ["is no owner any more", "update app.memberships set is_owner = false where user_id = $1"],
    ["was removed", "update app.memberships set status = 'removed', is_owner = false where user_id = $1"],
    ["is banned", "update app.users set status = 'banned' where id = $1"],
    [
      "leaves themselves",
      "insert into auth.deletions (user_id, due_at) values ($1, now() + interval '30 days')",
    ],
  ])("is worth nothing to who %s", async (_, change) => {
    const acme = await company();
    const second = await secondOwner(acme);
    const [token] = await close(acme, second);
    await run(change, second.login.user.id);
    expect(await restore(token!)).toMatchObject(refused);
    expect(await status(acme)).toBe("closed");
    expect(await events(acme, "tenant.resumed")).toEqual([]);
  });

  test("is worth nothing once the erasure has begun", async () => {
    const acme = await company();
    const [token] = await close(acme, acme.owner);
    await run("update auth.tenant_deletions set began_at = now() where id = $1", acme.id);
    expect(await restore(token!)).toMatchObject(refused);
    expect(await status(acme)).toBe("closed");
    await run("update auth.tenant_deletions set began_at = null where id = $1", acme.id);
  });

  test("does not undo what the operator wants: to erase it, or to suspend it after they brought it back", async () => {
    const erased = await company();
    const [first] = await close(erased, erased.owner);
    await run("select auth.begin_erasure($1, 'a ticket')", erased.id);
    expect(await restore(first!)).toMatchObject(refused);
    expect(await status(erased)).toBe("closed");

    const suspended = await company();
    const [second] = await close(suspended, suspended.owner);
    await run("select auth.resume_tenant($1)", suspended.id);
    await run("select auth.suspend_tenant($1, 'unpaid')", suspended.id);
    expect(await restore(second!)).toMatchObject(refused);
    expect(await status(suspended)).toBe("suspended");
  });

  test("of two at once works once", async () => {
    const acme = await company();
    const second = await secondOwner(acme);
    const tokens = await close(acme, acme.owner, second);
    const came = await Promise.all([...tokens, ...tokens].map((token) => restore(token)));
    expect(came.map((answer) => answer.status).toSorted()).toEqual([204, 400, 400, 400]);
    expect(await events(acme, "tenant.resumed")).toHaveLength(1);
  });

  test("goes with the company, and so does its mail", async () => {
    const acme = await company();
    await close(acme, acme.owner);
    await run("select auth.begin_erasure($1, 'a ticket')", acme.id);
    let step: { step: string; tenant: string };
    do step = (await run("select jobs.erase_tenant() as step")).rows[0].step;
    while (!(step.step === "erased" && step.tenant === acme.id));
    expect((await run("select from auth.mail_tokens where restores = $1", acme.id)).rows).toEqual([]);
  });

  test("comes ten times in an hour, and then no more", async () => {
    const acme = await company();
    await run(
      `insert into auth.mail_tokens (purpose, email, user_id, link_digest, code_digest, network, expires_at, restores)
       select 'restore_tenant', $1, $2, sha256(uuid_send(gen_random_uuid())), sha256('x'), 'test', now(), gen_random_uuid()
       from generate_series(1, 10)`,
      acme.owner.email,
      acme.owner.login.user.id,
    );
    await close(acme);
    expect((await run("select from auth.mail_tokens where restores = $1", acme.id)).rows).toEqual([]);
    expect(await status(acme)).toBe("closed");
  });
});
