import { createHash } from "node:crypto";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXPORT_PARTS, openAccountExport } from "../../src/auth/account_export.ts";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { facts, type Session, type SignUp, signUp } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

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

let slugs = 0;
const someone = () => signUp(server, { tenant: { name: "Acme", slug: `acme-${slugs++}` } });
const exported = (person: SignUp, headers = {}) =>
  server.get("/auth/account/export", { ...person.headers, ...headers });
const alter = (person: SignUp, sql: string) =>
  database.admin.query(sql.replaceAll("$user", `'${person.login.user.id}'`));
const ask = async (person: SignUp, query: string) =>
  (await server.post("/graphql", { query }, person.headers)).body.data;

/** One conversation with a message of the person's own in their company. */
async function write(person: SignUp, said: string): Promise<void> {
  const { createConversation } = await ask(
    person,
    `mutation { createConversation(input: {conversation: {title: "About ${said}"}}) { conversation { id } } }`,
  );
  await ask(
    person,
    `mutation { createMessage(input: {message: {conversationId: "${createConversation.conversation.id}", content: "${said}"}}) { message { id } } }`,
  );
}

/** Makes somebody a member of another's company. */
const join = (person: SignUp, host: SignUp) =>
  database.admin.query(
    `insert into app.memberships (tenant_id, user_id, role_id, display_name)
     select tenant_id, $2, role_id, 'Guest' from app.memberships where user_id = $1`,
    [host.login.user.id, person.login.user.id],
  );

async function events(person: SignUp, like: string): Promise<string[]> {
  const { rows } = await database.admin.query(
    "select action from audit.events where actor_id = $1 and action like $2 order by at",
    [person.login.user.id, like],
  );
  return rows.map(({ action }) => action);
}

describe("an export", () => {
  test("is one document of all that is one's own, as a file, and in the trail", async () => {
    const person = await someone();
    await write(person, "chimneys");
    await ask(
      person,
      `mutation { createApiKey(input: {name: "A key", scopes: ["chat"]}) { apiKey { id } secret } }`,
    );
    await ask(person, "mutation { setMyPreferences(input: {tone: FORMAL}) { userPreference { id } } }");
    const { status, headers, body } = await exported(person);
    expect(status).toBe(200);
    expect(headers.get("Content-Disposition")).toMatch(
      /^attachment; filename="rowhouse-account-\d{4}-\d\d-\d\d\.json"$/,
    );
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(Object.keys(body)).toEqual(["format", "version", "exportedAt", ...EXPORT_PARTS]);
    expect(body).toMatchObject({
      format: "rowhouse-account",
      version: 1,
      profile: { id: person.login.user.id, email: person.email },
      memberships: [{ company: person.login.tenant!.slug, owner: true, exported: true }],
      sessions: [{ methods: ["pwd"], company: person.login.tenant!.slug }],
      identities: [],
      secondFactors: [],
      conversations: [{ title: "About chimneys" }],
      messages: [{ role: "user", content: "chimneys" }],
    });
    expect(body.events.map(({ action }: { action: string }) => action)).toContain("auth.login");
    expect(await events(person, "auth.account%")).toEqual(["auth.account_exported"]);
  });

  test("has every part although there is nothing in most of them", async () => {
    const person = await signUp(server);
    const { body } = await exported(person);
    expect(Object.keys(body)).toEqual(["format", "version", "exportedAt", ...EXPORT_PARTS]);
    for (const part of [
      "memberships",
      "teams",
      "grants",
      "invitations",
      "supportAccesses",
      "apiKeys",
      "preferences",
      "conversations",
      "messages",
      "shareLinks",
      "documents",
      "documentContents",
      "profiles",
      "memories",
      "feedback",
      "usage",
    ])
      expect(body[part]).toEqual([]);
  });

  test("has the links that one made to one's conversations, without what opens them", async () => {
    const person = await someone();
    await write(person, "chimneys");
    const { createShareLink } = await ask(
      person,
      `mutation { createShareLink(input: {conversationId: "${(await exported(person)).body.conversations[0].id}"}) { secret } }`,
    );
    const { body } = await exported(person);
    expect(body.shareLinks).toEqual([
      {
        company: person.login.tenant!.slug,
        conversation: body.conversations[0].id,
        message: body.messages[0].id,
        createdAt: expect.any(String),
        expiresAt: expect.any(String),
        revokedAt: null,
      },
    ]);
    expect(JSON.stringify(body)).not.toContain(createShareLink.secret);
  });

  test("has one's private documents, to the byte, and none of the company's", async () => {
    const person = await someone();
    const bring = async (name: string, visibility: string, content: string) => {
      const address = `${server.url}/documents?name=${name}&visibility=${visibility}`;
      const headers = { ...person.headers, "Content-Type": "text/plain" };
      expect((await fetch(address, { method: "POST", headers, body: content })).status).toBe(201);
    };
    const diary = "Dear diary. ".repeat(100_000);
    await bring("diary.txt", "private", diary);
    await bring("menu.txt", "tenant", "soup");
    const { body } = await exported(person);
    expect(body.documents).toMatchObject([{ title: "diary", version: 1 }]);
    const pieces = (body.documentContents as { piece: number; base64: string }[]).toSorted(
      (a, b) => a.piece - b.piece,
    );
    expect(pieces.map(({ piece }) => piece)).toEqual(pieces.map((_, at) => at + 1));
    const bytes = Buffer.concat(pieces.map(({ base64 }) => Buffer.from(base64, "base64")));
    expect(bytes.equals(Buffer.from(diary))).toBe(true);
    expect(JSON.stringify(body.documents)).not.toContain("menu");
  });

  test("has no secret in it, nor the digest of one", async () => {
    const person = await someone();
    await server.post("/auth/mfa/totp/enroll", {}, person.headers);
    await alter(
      person,
      `insert into auth.passkeys (user_id, credential_id, public_key, counter, aaguid, backup_eligible, backed_up, name)
       values ($user, '\\x0102030405060708', '\\x0203040506070809', 0, gen_random_uuid(), false, false, 'A key')`,
    );
    const { body } = await exported(person);
    const text = JSON.stringify(body);
    expect(body.secondFactors).toMatchObject([{ kind: "totp", confirmedAt: null }]);
    expect(body.passkeys).toMatchObject([{ name: "A key", lastUsedAt: null }]);
    const { rows } = await alter(
      person,
      `select hash as secret from auth.passwords where user_id = $user
       union all select seed from auth.totp_factors where user_id = $user
       union all select encode(public_key, 'hex') from auth.passkeys where user_id = $user
       union all select encode(credential_id, 'hex') from auth.passkeys where user_id = $user
       union all select encode(handle_digest, 'hex') from auth.sessions where user_id = $user
       union all select encode(handle_digest, 'base64') from auth.sessions where user_id = $user`,
    );
    expect(rows).toHaveLength(6);
    for (const { secret } of rows) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/digest|"hash"|"seed"|\$argon2id/);
  });

  test("reaches over the companies of one person, and to nobody else's rows", async () => {
    const [person, host] = [await someone(), await someone()];
    await write(person, "my own words");
    await write(host, "the host's words");
    await join(person, host);
    await database.admin.query(
      `with conversation as (
         insert into app.conversations (tenant_id, user_id, title) values ($1, $2, 'As a guest') returning *
       ) insert into app.messages (tenant_id, user_id, conversation_id, content)
         select tenant_id, user_id, id, 'said next door' from conversation`,
      [host.login.tenant!.id, person.login.user.id],
    );
    const { body } = await exported(person);
    expect(body.messages.map(({ content }: { content: string }) => content).sort()).toEqual([
      "my own words",
      "said next door",
    ]);
    const text = JSON.stringify(body);
    expect(text).not.toContain("the host's words");
    expect(text).not.toContain(host.email);
    expect(text).not.toContain(host.login.user.id);
  });

  test("has the teams, grants and invitations of one's own, and when support was there as oneself", async () => {
    const [person, host] = [await someone(), await someone()];
    const [here, there] = [person.login.tenant!.id, host.login.tenant!.id];
    await join(person, host);
    await database.admin.query(
      `with team as (
         insert into app.teams (tenant_id, name) values ($1, 'Support'), ($1, 'Others') returning *
       ), place as (
         insert into app.team_members (tenant_id, team_id, user_id, role)
         select tenant_id, id, case name when 'Support' then $2::uuid else $3 end, 'lead' from team
       ), given as (
         insert into app.grants (tenant_id, user_id, permission, reason, granted_by, ends_at) values
           ($1, $2, 'view_analytics', 'To look at May', $3, now() + interval '1 day'),
           ($1, $3, 'view_analytics', 'To look at June', $3, now() + interval '1 day')
       ), access as (
         insert into auth.support_accesses (tenant_id, user_id, operator, reason, digest) values
           ($1, $2, 'Olga', 'Cannot sign in', sha256('a')), ($1, $3, 'Olga', 'Another thing', sha256('b'))
       )
       insert into app.invitations (tenant_id, email, role_id, invited_by, expires_at)
       select role.tenant_id, address, role.id, inviter::uuid, now() + interval '7 days'
       from (values ($1::uuid, $4, $3::text), ($1, 'third@example.com', $3::text), ($5::uuid, 'friend@example.com', $2::text))
         as asked (tenant, address, inviter)
       join app.roles as role on role.tenant_id = asked.tenant and role.name = 'viewer'`,
      [there, person.login.user.id, host.login.user.id, person.email, here],
    );
    const { body } = await exported(person);
    const { slug } = host.login.tenant!;
    expect(body.teams).toMatchObject([{ company: slug, team: "Support", role: "lead" }]);
    expect(body.grants).toMatchObject([
      { company: slug, permission: "view_analytics", reason: "To look at May" },
    ]);
    expect(body.invitations).toHaveLength(2);
    expect(body.invitations).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          direction: "sent",
          company: person.login.tenant!.slug,
          role: "viewer",
          status: "pending",
        }),
        expect.objectContaining({ direction: "received", company: slug, role: "viewer", status: "pending" }),
      ]),
    );
    expect(body.supportAccesses).toMatchObject([{ company: slug, mayWrite: false, endedAt: null }]);
    // Nothing of the others in it: no address, no team, and not what the operator wrote for the company.
    const { events: _, ...rest } = body;
    expect(JSON.stringify(rest)).not.toMatch(/third@|friend@|Others|June|Another thing|Cannot sign in|Olga/);
    expect(JSON.stringify(body)).not.toContain(host.login.user.id);
    await alter(
      person,
      "update app.memberships set status = 'suspended' where user_id = $user and not is_owner",
    );
    const without = (await exported(person)).body;
    expect([without.teams, without.grants, without.supportAccesses]).toEqual([[], [], []]);
    // That one was asked is told by whoever asked, also where one is no member.
    expect(without.invitations).toHaveLength(2);
  });

  test.each([
    ["was left", "update app.memberships set status = 'removed' where user_id = $user and not is_owner"],
    ["is suspended", "update app.tenants set status = 'suspended' where id = $host"],
    ["wants a second factor", "update app.tenants set requires_second_factor = true where id = $host"],
  ])("leaves out what was written in a company that %s", async (_, change) => {
    const [person, host] = [await someone(), await someone()];
    await join(person, host);
    await database.admin.query(
      "insert into app.conversations (tenant_id, user_id, title) values ($1, $2, 'As a guest')",
      [host.login.tenant!.id, person.login.user.id],
    );
    expect((await exported(person)).body.conversations).toMatchObject([{ title: "As a guest" }]);
    await alter(person, change.replace("$host", `'${host.login.tenant!.id}'`));
    const { body } = await exported(person);
    expect(body.conversations).toEqual([]);
    expect(body.memberships).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ company: host.login.tenant!.slug, exported: false }),
      ]),
    );
  });

  test("is refused to a sign-in that is not fresh, to a session that is over, and to an API key", async () => {
    const person = await someone();
    const key = createApiKeys().secret;
    await database.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
       values ($1, $2, 'test', sha256(sha256(convert_to($3, 'UTF8'))), '{chat}')`,
      [person.login.tenant!.id, person.login.user.id, key],
    );
    const byKey = await server.get("/auth/account/export", { "X-API-Key": key });
    expect([byKey.status, byKey.body.code]).toEqual([403, "session_required"]);
    await alter(
      person,
      "update auth.sessions set authenticated_at = now() - interval '11 minutes' where user_id = $user",
    );
    const stale = await exported(person);
    expect([stale.status, stale.body.code]).toEqual([401, "step_up_required"]);
    expect(stale.headers.get("WWW-Authenticate")).toContain("insufficient_user_authentication");
    await server.post("/auth/step-up", { password: person.password }, person.headers);
    expect((await exported(person)).status).toBe(200);
    const elsewhere = await exported(person, { "User-Agent": "another browser" });
    expect(elsewhere.body.code).toBe("fingerprint_mismatch");
    await server.post("/auth/logout", {}, person.headers);
    expect((await exported(person)).body.code).toBe("session_ended");
    expect(await events(person, "auth.account%")).toEqual(["auth.account_exported"]);
  });

  test("can be had five times a day, and then with a wait that grows", async () => {
    const person = await signUp(server);
    const answers = [];
    for (let n = 0; n < 6; n++) answers.push(await exported(person));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers[5]!.body.code).toBe("too_many_attempts");
    expect(Number(answers[5]!.headers.get("Retry-After"))).toBeGreaterThan(0);
  });
});

describe("a long export", () => {
  const MESSAGES = 4_000;
  let person: SignUp;
  beforeAll(async () => {
    person = await someone();
    await database.admin.query(
      `with conversation as (
         insert into app.conversations (tenant_id, user_id, title) values ($1, $2, 'Long') returning *
       ) insert into app.messages (tenant_id, user_id, conversation_id, content)
         select tenant_id, user_id, id, repeat('word ', 4000) from conversation, generate_series(1, $3::integer)`,
      [person.login.tenant!.id, person.login.user.id, MESSAGES],
    );
  });
  const session = (): Session & { credential: Buffer; facts: typeof facts } => {
    const { sid } = JSON.parse(
      Buffer.from(person.login.access_token.split(".")[1]!, "base64url").toString(),
    ) as { sid: string };
    const digest = createHash("sha256").update(sid).digest();
    return {
      sessionId: "",
      handle: sid,
      digest,
      credential: digest,
      facts: { ...facts, user_agent: "node" } as never,
    };
  };
  const connections = async (): Promise<number> =>
    (
      await database.admin.query(
        "select count(*)::int as count from pg_stat_activity where datname = current_database() and query like 'fetch % from own' and state <> 'idle'",
      )
    ).rows[0].count;

  test("comes in batches, all of one moment", async () => {
    const batches = openAccountExport(database.auth).batches(session() as never);
    let seen = 0;
    for await (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(100);
      seen += batch.filter(({ part }) => part === "messages").length;
      if (seen > 0 && seen <= 100) {
        // What is written meanwhile is of another moment.
        await database.admin.query(
          `insert into app.messages (tenant_id, user_id, conversation_id, content)
           select tenant_id, user_id, id, 'too late' from app.conversations where user_id = $1`,
          [person.login.user.id],
        );
      }
      expect(JSON.stringify(batch)).not.toContain("too late");
    }
    expect(seen).toBe(MESSAGES);
  });

  test("gathers nothing in the database: nothing is written to its disk", async () => {
    for await (const _ of openAccountExport(database.auth).batches(session() as never));
    await new Promise((done) => setTimeout(done, 1_500));
    const { rows } = await database.admin.query(
      "select temp_bytes::int as bytes from pg_stat_database where datname = current_database()",
    );
    expect(rows).toEqual([{ bytes: 0 }]);
  });

  test("comes through the door again for each batch, because a seal lives for a minute", async () => {
    const asked: string[] = [];
    const watched = {
      async connect() {
        const client = await database.auth.connect();
        return {
          query(statement: string | { text: string }) {
            asked.push(typeof statement === "string" ? statement : statement.text);
            return client.query(statement as string);
          },
          release: (broken: boolean) => client.release(broken),
        };
      },
    };
    const batches = openAccountExport(watched as never).batches(session() as never);
    for (let n = 0; n < 3; n++) await batches.next();
    await batches.return();
    expect(asked.map((text) => text.split(" ", 2).join(" "))).toEqual([
      "begin isolation",
      "select auth.enter_export($1,",
      "declare own",
      "fetch 100",
      "select auth.enter_export($1,",
      "fetch 100",
      "select auth.enter_export($1,",
      "fetch 100",
    ]);
  });

  test("lets go of its connection when its reader goes away, or does not read", async () => {
    const exports = openAccountExport(database.auth, null, 50);
    const idle = exports.batches(session() as never);
    await idle.next();
    await new Promise((done) => setTimeout(done, 120));
    await expect(idle.next()).rejects.toThrow("too long");
    const away = await new Promise<void>((done, fail) => {
      const call = request(
        `${server.url}/auth/account/export`,
        { headers: { ...person.headers, "User-Agent": "node" } },
        (answer) => {
          answer.once("data", () => {
            call.destroy();
            done();
          });
          answer.on("error", () => {});
        },
      );
      call.on("error", fail);
      call.end();
    });
    expect(away).toBeUndefined();
    for (let n = 0; (await connections()) > 0; n++) {
      if (n > 100) throw new Error("a connection is held");
      await new Promise((done) => setTimeout(done, 50));
    }
  });

  test("is sent to two at a time and no more", async () => {
    const people = [person, await someone(), await someone()];
    // Readers who do not read, as far as the buffers between allow.
    const begin = () =>
      new Promise<{ status: number; destroy(): void }>((done) => {
        const call = request(
          `${server.url}/auth/account/export`,
          { headers: { ...person.headers, "User-Agent": "node" } },
          (answer) => {
            answer.pause();
            answer.on("error", () => {});
            done({ status: answer.statusCode!, destroy: () => call.destroy() });
          },
        );
        call.on("error", () => {});
        call.end();
      });
    const open: Awaited<ReturnType<typeof begin>>[] = [];
    // Whoever went away in a test before gives their place back a moment later.
    while (open.length < 2) {
      const call = await begin();
      if (call.status === 200) open.push(call);
      else await new Promise((done) => setTimeout(done, 50));
    }
    const refused = await exported(people[1]!);
    expect([refused.status, refused.body.code]).toEqual([429, "too_many_at_once"]);
    expect(await events(people[1]!, "auth.account%")).toEqual([]);
    for (const call of open) call.destroy();
    for (let n = 0; ; n++) {
      const { status } = await exported(people[2]!);
      if (status === 200) break;
      if (n > 100) throw new Error("the places stay taken");
      await new Promise((done) => setTimeout(done, 50));
    }
  });
});
