import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createGuestKey, openGuest, PAGE } from "../support/guests.ts";
import { mailedCode, mailedToken, type SignUp, signUp } from "../support/people.ts";
import { type Answer, eventually, readable, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let owner: SignUp;
let key: Awaited<ReturnType<typeof createGuestKey>>;
let tenantId: string;

beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { TRUSTED_PROXIES: "1", CORS_ORIGINS: PAGE });
  owner = await signUp(server, { tenant: { name: "Acme", slug: "acme" } });
  tenantId = owner.login.tenant!.id;
  key = await createGuestKey(database, tenantId);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const password = "a whole sentence of no meaning";
const newAddress = () => `${crypto.randomUUID()}@example.com`;
const refused = ({ status, body }: Answer) => [status, body.code];
const one = async <Row = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row> =>
  (await database.admin.query(sql, values)).rows[0];
const ask = (headers: Record<string, string>, query: string, variables = {}) =>
  server.post("/graphql", { query, variables }, headers);
const codes = ({ body }: Answer): string[] =>
  body.errors?.map(({ extensions }: { extensions: { code: string } }) => extensions.code);
const START = `mutation { createConversation(input: {conversation: {title: "Where is my parcel?"}}) { conversation { id } } }`;
const cookieOf = ({ headers }: Answer): Record<string, string> => ({
  Cookie: headers.getSetCookie()[0]!.split(";")[0]!,
});

async function guest() {
  const opened = await openGuest(server, key);
  expect(opened.status, JSON.stringify(opened.body)).toBe(200);
  return { ...opened, id: opened.body.user.id as string };
}

/** A guest who said something. */
async function chatty() {
  const visitor = await guest();
  const { body } = await ask(visitor.bearer, START);
  return { ...visitor, conversation: body.data.createConversation.conversation.id as string };
}

/** A guest who asked for an account; the answer has the browser's cookie. */
async function upgrading(email = newAddress()) {
  const visitor = await chatty();
  const asked = await server.post("/auth/guest/upgrade", { email, name: "Ann" }, visitor.bearer);
  expect(asked.status).toBe(202);
  return { ...visitor, email, browser: cookieOf(asked) };
}

describe("a visitor", () => {
  test("gets a session of their own by the page's key, as a person without an address", async () => {
    const { status, body, headers } = await openGuest(server, key);
    expect(status).toBe(200);
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(body).toMatchObject({
      token_type: "Bearer",
      refresh_token: expect.stringMatching(/^rh_rt_/),
      user: { email: null, name: "Guest", locale: "en", guest: true },
      tenant: { slug: "acme" },
      tenants: [{ slug: "acme" }],
    });
    const bearer = { Authorization: `Bearer ${body.access_token}` };
    const session = await server.get("/auth/session", bearer);
    expect(session.body).toMatchObject({
      user: { id: body.user.id, email: null, guest: true },
      permissions: ["chat"],
      amr: [],
    });
    expect((await ask(bearer, "{ me { isGuest email } myPermissions }")).body.data).toEqual({
      me: { isGuest: true, email: null },
      myPermissions: ["chat"],
    });
  });

  test("goes by the name that they give, and is spoken to in their language", async () => {
    const named = await openGuest(server, key, { name: " Ann " });
    expect(named.body.user.name).toBe("Ann");
    const german = await server.post("/auth/guest", {}, { ...key.headers, "Accept-Language": "de-AT" });
    expect(german.body.user).toMatchObject({ name: "Gast", locale: "de" });
    const blank = await openGuest(server, key, { name: "\u200b" });
    expect(blank).toMatchObject({
      status: 400,
      body: { code: "invalid_input", errors: [{ field: "name" }] },
    });
  });

  test("may send the key as X-API-Key too, and have the refresh token in a cookie", async () => {
    const answer = await server.post("/auth/guest", { cookie: true }, { "X-API-Key": key.key, Origin: PAGE });
    expect(answer.status).toBe(200);
    expect(answer.body.refresh_token).toBeUndefined();
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-rowhouse_refresh=/);
  });

  test("refreshes as everybody does, until the idle limit", async () => {
    const { body, id } = await guest();
    const refreshed = await server.post("/auth/refresh", { refresh_token: body.refresh_token });
    expect(refreshed.status).toBe(200);
    const bearer = { Authorization: `Bearer ${refreshed.body.access_token}` };
    expect((await ask(bearer, "{ me { id } }")).body.data.me.id).toBe(id);
    await database.admin.query("update auth.sessions set idle_expires_at = now() where user_id = $1", [id]);
    const late = await server.post("/auth/refresh", { refresh_token: refreshed.body.refresh_token });
    expect(refused(late)).toEqual([401, "invalid_grant"]);
    expect(codes(await ask(bearer, "{ me { id } }"))).toEqual(["CREDENTIAL_EXPIRED"]);
  });

  test("is in the trail as a guest, with the key that let them in", async () => {
    const { id, conversation } = await chatty();
    const { rows } = await database.admin.query(
      `select action, actor_kind, detail ->> 'key' as key from audit.events
       where tenant_id = $1 and actor_id = $2 and action not in ('insert') order by id`,
      [tenantId, id],
    );
    expect(rows).toEqual([
      { action: "auth.guest_opened", actor_kind: "sign_in", key: key.id },
      { action: "auth.login", actor_kind: "sign_in", key: null },
    ]);
    expect(
      await one("select actor_kind from audit.events where row_key ->> 'id' = $1 and action = 'insert'", [
        conversation,
      ]),
    ).toEqual({ actor_kind: "guest" });
  });

  test("signs out, and is nobody any more", async () => {
    const { bearer, body } = await guest();
    expect((await server.post("/auth/logout", {}, bearer)).status).toBe(204);
    expect(codes(await ask(bearer, "{ me { id } }"))).toEqual(["SESSION_ENDED"]);
    expect((await server.post("/auth/refresh", { refresh_token: body.refresh_token })).status).toBe(401);
  });
});

describe("nobody becomes a guest", () => {
  test("without a key, or with a credential that is no publishable key", async () => {
    expect(refused(await server.post("/auth/guest"))).toEqual([401, "credential_missing"]);
    expect(refused(await server.post("/auth/guest", {}, owner.headers))).toEqual([
      403,
      "publishable_key_required",
    ]);
    const { body } = await ask(
      owner.headers,
      'mutation { createApiKey(input: {name: "x", scopes: ["chat"]}) { secret } }',
    );
    const secret = { Authorization: `Bearer ${body.data.createApiKey.secret}` };
    expect(refused(await server.post("/auth/guest", {}, secret))).toEqual([403, "publishable_key_required"]);
    const { bearer } = await guest();
    expect(refused(await server.post("/auth/guest", {}, bearer))).toEqual([403, "publishable_key_required"]);
  });

  test("by saying whose, who or what they want to be", async () => {
    for (const field of ["tenant", "tenantId", "user", "userId", "role", "roleId", "email", "permissions"]) {
      const answer = await openGuest(server, key, { [field]: owner.login.user.id });
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid_input", errors: [{ field }] } });
    }
    const { bearer } = await guest();
    for (const field of ["userId", "guest", "guestId", "tenant", "password"]) {
      const body = { email: newAddress(), name: "Ann", [field]: owner.login.user.id };
      const answer = await server.post("/auth/guest/upgrade", body, bearer);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    }
  });

  test("from a page that is not the key's, and the trail has it", async () => {
    for (const Origin of ["https://shop.example.evil.example", "null", undefined]) {
      const headers = { Authorization: `Bearer ${key.key}`, ...(Origin && { Origin }) };
      expect(refused(await server.post("/auth/guest", {}, headers))).toEqual([401, "api_key_origin_refused"]);
    }
    const { count } = await one<{ count: string }>(
      "select count(*) from audit.events where action = 'access.refused' and detail ->> 'credential' = $1",
      [key.id],
    );
    expect(Number(count)).toBeGreaterThan(0);
  });

  test("by a key that is revoked, or lets none in", async () => {
    const shut = await createGuestKey(database, tenantId, { opensGuests: false });
    expect(refused(await server.post("/auth/guest", {}, shut.headers))).toEqual([403, "guests_not_allowed"]);
    await database.admin.query("update auth.api_keys set revoked_at = now() where id = $1", [shut.id]);
    expect(refused(await server.post("/auth/guest", {}, shut.headers))).toEqual([401, "api_key_revoked"]);
    const people = await one("select count(*)::integer as count from app.users where is_guest");
    for (let n = 0; n < 3; n++) await server.post("/auth/guest", {}, shut.headers);
    expect(await one("select count(*)::integer as count from app.users where is_guest")).toEqual(people);
  });

  test("where the company takes none; its managers decide, by GraphQL, and it bites at once", async () => {
    const SET =
      "mutation ($allow: Boolean!) { updateTenant(input: {id: $id, patch: {allowsGuests: $allow}}) { tenant { allowsGuests } } }";
    const set = (allow: boolean, headers: Record<string, string> = owner.headers) =>
      ask(headers, SET.replace("$id", `"${tenantId}"`), { allow });
    const { bearer, body } = await guest();
    expect(codes(await set(false, bearer))).toEqual(["PERMISSION_DENIED"]);
    expect((await set(false)).body.data.updateTenant.tenant).toEqual({ allowsGuests: false });

    expect(refused(await server.post("/auth/guest", {}, key.headers))).toEqual([403, "guests_not_allowed"]);
    expect(codes(await ask(bearer, "{ me { id } }"))).toEqual(["GUEST_UNWELCOME"]);
    expect(refused(await server.get("/auth/session", bearer))).toEqual([401, "guest_unwelcome"]);
    const upgrade = { email: newAddress(), name: "Ann" };
    expect(refused(await server.post("/auth/guest/upgrade", upgrade, bearer))).toEqual([
      401,
      "guest_unwelcome",
    ]);
    expect((await server.post("/auth/refresh", { refresh_token: body.refresh_token })).status).toBe(401);

    await set(true);
    expect((await ask(bearer, "{ me { id } }")).body.data.me.id).toBe(body.user.id);
  });

  test("in a company that is suspended", async () => {
    await database.admin.query("update app.tenants set status = 'suspended' where id = $1", [tenantId]);
    expect(refused(await server.post("/auth/guest", {}, key.headers))).toEqual([401, "tenant_suspended"]);
    await database.admin.query("update app.tenants set status = 'active' where id = $1", [tenantId]);
  });

  test("beyond the number that a company may have, exactly, however many come at once", async () => {
    const small = await startTestServer(database, { GUEST_LIMIT: "3", CORS_ORIGINS: PAGE });
    try {
      const other = await signUp(server, { tenant: { name: "Small", slug: "small" } });
      const small_key = await createGuestKey(database, other.login.tenant!.id);
      const opened = await Promise.all(Array.from({ length: 8 }, () => openGuest(small, small_key)));
      const statuses = opened.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, 200, 200, 429, 429, 429, 429, 429]);
      const full = await openGuest(small, small_key);
      expect(refused(full)).toEqual([429, "too_many_guests"]);
      expect(full.headers.get("Retry-After")).toBe("60");
      // Another company has its own number; and who leaves makes room.
      expect((await openGuest(small, key)).status).toBe(429);
      const left = opened.find(({ status }) => status === 200)!;
      await small.post("/auth/logout", {}, left.bearer);
      expect((await openGuest(small, small_key)).status).toBe(200);
    } finally {
      await small.close();
    }
  });

  test("faster than the limit for an address, whatever other calls it makes", async () => {
    const narrow = await startTestServer(database, { RATE_LIMIT_GUESTS: "2", CORS_ORIGINS: PAGE });
    try {
      const statuses: number[] = [];
      for (let n = 0; n < 3; n++) statuses.push((await openGuest(narrow, key)).status);
      expect(statuses).toEqual([200, 200, 429]);
      expect((await narrow.post("/auth/password/forgot", { email: newAddress() })).status).toBe(202);
      expect(refused(await openGuest(narrow, key))).toEqual([429, "too_many_requests"]);
    } finally {
      await narrow.close();
    }
  });

  test("by asking for a member's role: what a company wants of members does not keep guests out, nor let them in further", async () => {
    await database.admin.query("update app.tenants set requires_second_factor = true where id = $1", [
      tenantId,
    ]);
    const { bearer } = await guest();
    expect((await ask(bearer, "{ myPermissions }")).body.data.myPermissions).toEqual(["chat"]);
    await database.admin.query("update app.tenants set requires_second_factor = false where id = $1", [
      tenantId,
    ]);
  });
});

describe("a guest has no account", () => {
  const seed = { code: "x", code_verifier: "v".repeat(43) };
  test.each([
    ["/auth/password/change", { current: "x", new: password }],
    ["/auth/email/change", { email: "mine@example.com" }],
    ["/auth/mfa/totp/enroll", {}],
    ["/auth/mfa/totp/confirm", { code: "000000" }],
    ["/auth/mfa/totp/remove", {}],
    ["/auth/step-up", { password: "x" }],
    ["/auth/oauth/link", seed],
    ["/auth/switch", { tenant: "acme" }],
    ["/auth/switch", { tenant: "elsewhere" }],
  ])("POST %s %j is refused", async (path, body) => {
    const { bearer } = await guest();
    expect(refused(await server.post(path, body, bearer))).toEqual([403, "account_required"]);
  });

  test("does not switch by cookie either, and keeps it", async () => {
    const opened = await server.post("/auth/guest", { cookie: true }, key.headers);
    const headers = { ...cookieOf(opened), Origin: server.config.publicUrl };
    const answer = await server.post("/auth/switch", { tenant: "acme" }, headers);
    expect(refused(answer)).toEqual([403, "account_required"]);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  test("makes no API keys, and sees neither colleagues, nor roles, nor what others say", async () => {
    const { bearer, id } = await chatty();
    const other = await chatty();
    const createKey = await ask(
      bearer,
      'mutation { createApiKey(input: {name: "x", scopes: ["chat"]}) { secret } }',
    );
    expect(codes(createKey)).toEqual(["ACCOUNT_REQUIRED"]);
    const seen = await ask(
      bearer,
      `{ memberships { nodes { id } } roles { nodes { id } } apiKeys { nodes { id } } auditEvents { nodes { id } }
         conversations { nodes { member { userId } userId } } mySessions { isCurrent } myIdentities { id } }`,
    );
    expect(seen.body.errors).toBeUndefined();
    expect(seen.body.data).toEqual({
      memberships: { nodes: [] },
      roles: { nodes: [] },
      apiKeys: { nodes: [] },
      auditEvents: { nodes: [] },
      conversations: { nodes: [{ member: null, userId: id }] },
      mySessions: [{ isCurrent: true }],
      myIdentities: [],
    });
    const theirs = await ask(bearer, `{ conversation(id: "${other.conversation}") { title } }`);
    expect(codes(theirs)).toEqual(["NOT_FOUND"]);
    const write = await ask(
      bearer,
      `mutation { createMessage(input: {message: {conversationId: "${other.conversation}", content: "I was here"}}) { message { id } } }`,
    );
    expect(codes(write)).toEqual(["NOT_FOUND"]);
  });

  test("nor gets a role or the company from its managers; they may shut them out", async () => {
    const { bearer, id } = await guest();
    const { id: membership } = await one("select id from app.memberships where user_id = $1", [id]);
    const { id: admin } = await one("select id from app.roles where tenant_id = $1 and name = 'admin'", [
      tenantId,
    ]);
    const { id: guestRole } = await one("select id from app.roles where tenant_id = $1 and name = 'guest'", [
      tenantId,
    ]);
    const change = (of: unknown, patch: string) =>
      ask(
        owner.headers,
        `mutation { updateMembership(input: {id: "${of}", patch: {${patch}}}) { membership { status } } }`,
      );
    expect(codes(await change(membership, `roleId: "${admin}"`))).toEqual(["ACCOUNT_REQUIRED"]);
    expect(codes(await change(membership, "isOwner: true"))).toEqual(["ACCOUNT_REQUIRED"]);
    const hired = await signUp(server);
    await database.admin.query(
      "insert into app.memberships (tenant_id, user_id, role_id, display_name) values ($1, $2, $3, 'Bob')",
      [tenantId, hired.login.user.id, admin],
    );
    const { id: members } = await one("select id from app.memberships where user_id = $1", [
      hired.login.user.id,
    ]);
    expect(codes(await change(members, `roleId: "${guestRole}"`))).toEqual(["INVALID_INPUT"]);

    expect((await change(membership, "status: SUSPENDED")).body.data.updateMembership.membership.status).toBe(
      "SUSPENDED",
    );
    expect(codes(await ask(bearer, "{ me { id } }"))).toEqual(["MEMBERSHIP_SUSPENDED"]);
  });

  test("and cannot be signed in to by any address, an empty one neither", async () => {
    await guest();
    for (const email of ["", "null", "guest@localhost"]) {
      const answer = await server.post("/auth/login", { email, password });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    const { rows } = await database.auth.query("select * from auth.begin_login('', '{}')");
    expect(rows).toMatchObject([{ user_id: null, password_hash: null }]);
  });
});

describe("a guest who signs up", () => {
  const signIn = (email: string) => server.post("/auth/login", { email, password });
  const verify = (body: object, headers: Record<string, string> = {}) =>
    server.post("/auth/email/verify", { password, ...body }, headers);

  test("is the same person with the same conversations, by the link in the browser that asked", async () => {
    const { id, email, browser, bearer, body, conversation } = await upgrading();
    expect((await verify({ token: await mailedToken(server, email) }, browser)).status).toBe(204);

    expect(codes(await ask(bearer, "{ me { id } }"))).toEqual(["SESSION_ENDED"]);
    expect((await server.post("/auth/refresh", { refresh_token: body.refresh_token })).status).toBe(401);
    const login = await signIn(email);
    expect(login.body).toMatchObject({
      user: { id, email, name: "Ann", guest: false },
      tenant: { slug: "acme" },
    });
    const account = { Authorization: `Bearer ${login.body.access_token}` };
    const seen = await ask(account, `{ conversation(id: "${conversation}") { title } me { isGuest } }`);
    expect(seen.body.data).toEqual({
      conversation: { title: "Where is my parcel?" },
      me: { isGuest: false },
    });
    expect(await one("select display_name from app.memberships where user_id = $1", [id])).toEqual({
      display_name: "Ann",
    });
    expect(
      await one("select end_reason from auth.sessions where user_id = $1 order by created_at", [id]),
    ).toEqual({
      end_reason: "upgraded",
    });
    expect(
      await one(
        "select detail, actor_id from audit.events where action = 'auth.guest_upgraded' and actor_id = $1",
        [id],
      ),
    ).toEqual({ detail: { ended: 1 }, actor_id: id });
  });

  test("or by the six digits, where they chat", async () => {
    const { id, email, bearer } = await upgrading();
    expect((await verify({ email, code: await mailedCode(server, email) }, bearer)).status).toBe(204);
    expect((await signIn(email)).body.user).toMatchObject({ id, guest: false });
  });

  test("has an account from now on, and is no colleague until the company says so", async () => {
    const { email, browser, id } = await upgrading();
    await verify({ token: await mailedToken(server, email) }, browser);
    const login = await signIn(email);
    const account = { Authorization: `Bearer ${login.body.access_token}` };
    expect((await server.post("/auth/mfa/totp/enroll", {}, account)).status).toBe(200);
    expect(
      (await server.post("/auth/password/change", { current: password, new: `${password} 2` }, account))
        .status,
    ).toBe(204);
    const seen = await ask(
      account,
      "{ myPermissions memberships { nodes { id } } mySessions { isCurrent } }",
    );
    expect(seen.body.data).toEqual({
      myPermissions: ["chat"],
      memberships: { nodes: [] },
      mySessions: [{ isCurrent: true }],
    });
    expect(
      codes(await ask(account, 'mutation { createApiKey(input: {name: "x", scopes: ["chat"]}) { secret } }')),
    ).toEqual(["ACCOUNT_REQUIRED"]);
    // The company may have no guests any more: accounts are none.
    await database.admin.query("update app.tenants set allows_guests = false where id = $1", [tenantId]);
    expect((await ask(account, "{ me { id } }")).status).toBe(200);
    await database.admin.query("update app.tenants set allows_guests = true where id = $1", [tenantId]);

    const { id: membership } = await one("select id from app.memberships where user_id = $1", [id]);
    const { id: member } = await one("select id from app.roles where tenant_id = $1 and name = 'member'", [
      tenantId,
    ]);
    const promoted = await ask(
      owner.headers,
      `mutation { updateMembership(input: {id: "${membership}", patch: {roleId: "${member}"}}) { membership { id } } }`,
    );
    expect(promoted.body.errors).toBeUndefined();
    const after = await ask(account, "{ myPermissions memberships(first: 1) { nodes { id } } }");
    expect(after.body.data.myPermissions).toEqual(["chat", "read_documents"]);
    expect(after.body.data.memberships.nodes).toHaveLength(1);
  });

  test("with an address that has an account learns nothing, and stays a guest; its owner is told", async () => {
    const taken = await signUp(server);
    const visitor = await chatty();
    const before = server.mails().length;
    const known = await server.post(
      "/auth/guest/upgrade",
      { email: taken.email, name: "Ann" },
      visitor.bearer,
    );
    const free = await server.post(
      "/auth/guest/upgrade",
      { email: newAddress(), name: "Ann" },
      visitor.bearer,
    );
    expect([known.status, known.body]).toEqual([free.status, free.body]);
    await eventually(() => server.mails().length === before + 2);
    const mail = server
      .mails()
      .map(readable)
      .findLast((text) => text.includes(`To: ${taken.email}`))!;
    expect(mail).toContain("You already have an account");
    expect(mail).not.toContain("#token=");
    expect((await ask(visitor.bearer, "{ me { isGuest } }")).body.data.me.isGuest).toBe(true);
    expect(
      (await server.post("/auth/login", { email: taken.email, password: taken.password })).body.user.id,
    ).toBe(taken.login.user.id);
  });

  test("never joins an account that the address got meanwhile", async () => {
    const { email, browser, bearer, id } = await upgrading();
    const token = await mailedToken(server, email);
    await database.admin.query("insert into app.users (email, name) values ($1, 'First')", [email]);
    expect(refused(await verify({ token }, browser))).toEqual([400, "invalid_verification_token"]);
    expect((await ask(bearer, "{ me { id isGuest } }")).body.data.me).toEqual({ id, isGuest: true });
  });

  test("with a stranger's address gets nothing, and the stranger nothing of theirs", async () => {
    const attacker = await upgrading();
    const { email, id } = attacker;
    const [token, code] = [await mailedToken(server, email), await mailedCode(server, email)];
    // The stranger follows the mail, in their own browser, by link and by code: nobody is made.
    for (const shown of [{ token }, { email, code }]) {
      expect(refused(await verify(shown))).toEqual([403, "link_of_another_browser"]);
      const somebody = await signUp(server);
      expect(refused(await verify(shown, somebody.headers))).toEqual([403, "link_of_another_browser"]);
      expect(refused(await verify(shown, (await guest()).bearer))).toEqual([403, "link_of_another_browser"]);
      expect(refused(await verify(shown, key.headers))).toEqual([403, "link_of_another_browser"]);
    }
    expect(refused(await signIn(email))).toEqual([401, "invalid_credentials"]);
    // They register themselves: that mail is theirs, and the guest's is worth nothing from then on.
    await server.post("/auth/register", { email, name: "Stranger" });
    const own = await eventually(() => {
      const found = server
        .mails()
        .map(readable)
        .filter((text) => text.includes(`To: ${email}`) && text.includes("24 hours"));
      return found[0] && /#token=([\w-]+)/.exec(found[0])?.[1];
    });
    expect((await verify({ token: own })).status).toBe(204);
    const login = await signIn(email);
    expect(login.body.user.id).not.toBe(id);
    expect(login.body.tenant).toBeNull();
    expect(refused(await verify({ token }, attacker.browser))).toEqual([400, "invalid_verification_token"]);
    expect((await ask(attacker.bearer, "{ me { isGuest } }")).body.data.me.isGuest).toBe(true);
  });

  test("uses link and code once, and those of another address not any more", async () => {
    const { email, browser, bearer } = await upgrading();
    const second = newAddress();
    await server.post("/auth/guest/upgrade", { email: second, name: "Ann" }, { ...bearer, ...browser });
    const [first, other] = [await mailedToken(server, email), await mailedToken(server, second)];
    const both = await Promise.all([verify({ token: first }, browser), verify({ token: other }, browser)]);
    expect(both.map(({ status }) => status).sort()).toEqual([204, 400]);
    for (const token of [first, other]) {
      expect(refused(await verify({ token }, browser))).toEqual([400, "invalid_verification_token"]);
    }
    expect([await signIn(email), await signIn(second)].map(({ status }) => status).sort()).toEqual([
      200, 401,
    ]);
  });

  test("is out with the company's other guests, if it takes none any more before the mail is followed", async () => {
    const { email, browser } = await upgrading();
    const token = await mailedToken(server, email);
    await database.admin.query("update app.tenants set allows_guests = false where id = $1", [tenantId]);
    expect(refused(await verify({ token }, browser))).toEqual([400, "invalid_verification_token"]);
    await database.admin.query("update app.tenants set allows_guests = true where id = $1", [tenantId]);
    expect((await verify({ token }, browser)).status).toBe(204);
  });

  test("brings along what their managers made of them: who was shut out stays out", async () => {
    const { id, email, browser } = await upgrading();
    await database.admin.query("update app.memberships set status = 'suspended' where user_id = $1", [id]);
    expect((await verify({ token: await mailedToken(server, email) }, browser)).status).toBe(204);
    const login = await signIn(email);
    expect(login.body).toMatchObject({ user: { id }, tenant: null, tenants: [] });
  });

  test("is nobody's who was swept meanwhile", async () => {
    const { email, browser, id } = await upgrading();
    const token = await mailedToken(server, email);
    await database.admin.query("delete from auth.sessions where user_id = $1", [id]);
    await database.admin.query("delete from app.memberships where user_id = $1", [id]);
    await database.admin.query("delete from app.users where id = $1", [id]);
    expect(refused(await verify({ token }, browser))).toEqual([400, "invalid_verification_token"]);
  });

  test("is a guest, with a session: nobody else signs up like that", async () => {
    const upgrade = { email: newAddress(), name: "Ann" };
    const call = (headers = {}) => server.post("/auth/guest/upgrade", upgrade, headers);
    expect(refused(await call())).toEqual([401, "credential_missing"]);
    expect(refused(await call(owner.headers))).toEqual([409, "not_a_guest"]);
    expect(refused(await call(key.headers))).toEqual([403, "session_required"]);
    const visitor = await guest();
    const blank = await server.post("/auth/guest/upgrade", { ...upgrade, name: "\u200b" }, visitor.bearer);
    expect(blank).toMatchObject({ status: 400, body: { errors: [{ field: "name" }] } });
    const closed = await startTestServer(database, { REGISTRATION: "closed" });
    expect(refused(await closed.post("/auth/guest/upgrade", upgrade, visitor.bearer))).toEqual([
      403,
      "registration_closed",
    ]);
    await closed.close();
  });
});
