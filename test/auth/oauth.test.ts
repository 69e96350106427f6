import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import {
  CLIENT,
  type HostileProvider,
  type Mischief,
  startHostileProvider,
  startOpenIdProvider,
  type TestProvider,
} from "../support/openid_provider.ts";
import { signUp } from "../support/people.ts";
import { type Answer, eventually, startTestServer, type TestServer } from "../support/server.ts";

const publicUrl = "https://chat.rowhouse.test";
const app = "https://app.example.com";
let database: TestDatabase;
let server: TestServer;
let acme: TestProvider;
let distrusted: TestProvider;
let hostile: HostileProvider;
beforeAll(async () => {
  database = await createDatabase();
  acme = await startOpenIdProvider([`${publicUrl}/auth/oauth/acme/callback`]);
  distrusted = await startOpenIdProvider([`${publicUrl}/auth/oauth/distrusted/callback`]);
  hostile = await startHostileProvider();
  const entry = (id: string, { issuer }: { issuer: string }, trustEmail: boolean) => ({
    id,
    name: id.toUpperCase(),
    issuer,
    ...CLIENT,
    trustEmail,
  });
  server = await startTestServer(database, {
    CORS_ORIGINS: app,
    OIDC_PROVIDERS: JSON.stringify([
      entry("acme", acme, true),
      entry("distrusted", distrusted, false),
      entry("hostile", hostile, true),
      { id: "away", name: "Away", issuer: "http://127.0.0.1:9", ...CLIENT },
    ]),
  });
});
afterAll(async () => {
  await server.close();
  await Promise.all([acme.close(), distrusted.close(), hostile.close()]);
  await database.drop();
});

/** A browser: keeps cookies for each origin, follows redirects itself, and stops where it leaves the servers of the test. */
class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly visited: URL[] = [];

  async visit(address: string): Promise<Answer> {
    const url = new URL(address);
    this.visited.push(url);
    const ours = url.origin === publicUrl;
    const jar = this.#cookies.get(url.origin) ?? new Map<string, string>();
    this.#cookies.set(url.origin, jar);
    const answer = await fetch(ours ? server.url + url.pathname + url.search : url, {
      headers: { Cookie: [...jar].map((pair) => pair.join("=")).join("; "), "User-Agent": "a browser" },
      redirect: "manual",
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      if (value) jar.set(name!, value);
      else jar.delete(name!);
    }
    const text = await answer.text();
    const json = /json/.test(answer.headers.get("Content-Type") ?? "");
    return { status: answer.status, headers: answer.headers, body: json ? JSON.parse(text) : text };
  }

  /** Follows redirects until one leaves the test's servers; returns where to. */
  async follow(address: string): Promise<URL> {
    for (let next = new URL(address); ; ) {
      if (next.origin === app) return next;
      const answer = await this.visit(next.href);
      const location = answer.headers.get("Location");
      if (!location)
        throw new Error(`stopped at ${next} with ${answer.status} ${JSON.stringify(answer.body)}`);
      next = new URL(location, next);
    }
  }
}

const verifierOf = () => randomBytes(32).toString("base64url");
const challengeOf = (verifier: string) => createHash("sha256").update(verifier).digest("base64url");
const beginning = (provider: string, verifier: string, returnTo = `${app}/signed-in?tab=2`) =>
  `${publicUrl}/auth/oauth/${provider}?${new URLSearchParams({ return_to: returnTo, code_challenge: challengeOf(verifier) })}`;

/** The whole way through a provider, to the code. */
async function codeFrom(provider: string, browser = new Browser()) {
  const verifier = verifierOf();
  const back = await browser.follow(beginning(provider, verifier));
  return { back, code: back.searchParams.get("code") ?? "", code_verifier: verifier };
}

async function signIn(provider = "acme", more: object = {}): Promise<Answer> {
  const { code, code_verifier } = await codeFrom(provider);
  return server.post("/auth/oauth/exchange", { code, code_verifier, ...more });
}

const someone = () => ({
  sub: randomBytes(6).toString("hex"),
  email: `${randomBytes(6).toString("hex")}@example.com`,
  email_verified: true,
  name: "Ann Example",
});

async function count(sql: string, values: unknown[] = []): Promise<number> {
  const { rows } = await database.admin.query<{ count: number }>(
    `select count(*)::int as count from ${sql}`,
    values,
  );
  return rows[0]!.count;
}

beforeEach(() => {
  acme.account = someone();
  distrusted.account = someone();
  hostile.mischief = ({ sign }) => sign();
});

describe("signing in with a provider", () => {
  test("makes an account for somebody new, and knows them the next time by the subject, not by the address", async () => {
    const account = someone();
    acme.account = account;
    const first = await signIn();
    expect(first).toMatchObject({
      status: 200,
      body: { token_type: "Bearer", user: { email: account.email, name: "Ann Example" }, tenant: null },
    });
    const { rows } = await database.admin.query(
      "select table_name, actor_id from audit.events where action = 'insert' and actor_id = $1 order by table_name",
      [first.body.user.id],
    );
    expect(rows.map(({ table_name }) => table_name)).toEqual([
      "app.users",
      "auth.identities",
      "auth.sessions",
    ]);
    acme.account = { ...account, email: "other@example.com" };
    const second = await signIn();
    expect(second.body.user).toEqual(first.body.user);
    expect(await count("app.users where lower(email) = 'other@example.com'")).toBe(0);
    const me = await server.post(
      "/graphql",
      { query: "{ me { name } myIdentities { provider issuer subject } }" },
      { Authorization: `Bearer ${second.body.access_token}` },
    );
    expect(me.body.data).toEqual({
      me: { name: "Ann Example" },
      myIdentities: [{ provider: "acme", issuer: acme.issuer, subject: account.sub }],
    });
  });

  test("joins the account of an address that both sides proved, and the trail says with what they signed in", async () => {
    const person = await signUp(server, { tenant: { name: "Joined", slug: "joined" } });
    acme.account = { ...someone(), email: person.email.toUpperCase() };
    const answer = await signIn();
    expect(answer.body).toMatchObject({ user: { id: person.login.user.id }, tenant: { slug: "joined" } });
    const { rows } = await database.admin.query(
      "select action, detail from audit.events where actor_id = $1 and action = 'auth.login' order by at desc limit 1",
      [person.login.user.id],
    );
    expect(rows[0].detail.methods).toEqual(["fed"]);
    expect(
      await count(
        "audit.events where table_name = 'auth.identities' and action = 'insert' and actor_id = $1",
        [person.login.user.id],
      ),
    ).toBe(1);
  });

  test("joins nothing by an address that the provider did not prove, or is not trusted to prove", async () => {
    const person = await signUp(server);
    distrusted.account = { ...someone(), email: person.email };
    expect(await signIn("distrusted")).toMatchObject({ status: 403, body: { code: "email_unproven" } });
    for (const email_verified of [false, undefined]) {
      acme.account = { ...someone(), email: person.email, email_verified };
      expect(await signIn()).toMatchObject({ status: 403, body: { code: "email_unproven" } });
    }
    expect(await count("auth.identities where user_id = $1", [person.login.user.id])).toBe(0);
  });

  test("takes an address from whoever registered it without proving it", async () => {
    const account = someone();
    await server.post("/auth/register", { email: account.email, name: "Mallory" });
    acme.account = account;
    expect((await signIn()).body.user.name).toBe("Ann Example");
    expect(
      await count(
        "auth.registrations as r join auth.mail_tokens as t on t.id = r.token_id where t.email = $1",
        [account.email],
      ),
    ).toBe(0);
    expect(
      await count("auth.passwords as p join app.users as u on u.id = p.user_id where u.email = $1", [
        account.email,
      ]),
    ).toBe(0);
  });

  test("makes one account where somebody new comes twice at once", async () => {
    const account = someone();
    acme.account = account;
    const codes = await Promise.all([codeFrom("acme"), codeFrom("acme"), codeFrom("acme")]);
    const answers = await Promise.all(
      codes.map(({ code, code_verifier }) => server.post("/auth/oauth/exchange", { code, code_verifier })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.user.id)).size).toBe(1);
  });

  test("lets nobody in who is banned, or has no place in the company they ask for", async () => {
    const person = await signUp(server);
    acme.account = { ...someone(), email: person.email };
    expect(await signIn("acme", { tenant: "elsewhere" })).toMatchObject({
      status: 403,
      body: { code: "not_a_member" },
    });
    await database.admin.query("update app.users set status = 'banned' where id = $1", [
      person.login.user.id,
    ]);
    expect(await signIn()).toMatchObject({ status: 401, body: { code: "user_banned" } });
  });

  test("makes no account where registration is closed, and lets in who has one", async () => {
    await using closed = new AsyncDisposableStack();
    const shut = await startTestServer(database, { REGISTRATION: "closed" });
    closed.defer(() => shut.close());
    const stranger = await codeFrom("acme");
    const { back: _, ...shown } = stranger;
    expect(await shut.post("/auth/oauth/exchange", shown)).toMatchObject({
      status: 403,
      body: { code: "registration_closed" },
    });
    expect(await count("app.users where email = $1", [acme.account!.email])).toBe(0);
    expect((await shut.post("/auth/register", { email: "new@example.com", name: "New" })).status).toBe(403);

    const person = await signUp(server);
    acme.account = { ...someone(), email: person.email };
    const { back: __, ...known } = await codeFrom("acme");
    expect((await shut.post("/auth/oauth/exchange", known)).body.user.id).toBe(person.login.user.id);
    expect((await shut.post("/auth/login", { email: person.email, password: person.password })).status).toBe(
      200,
    );
  });

  test("goes back to where it began with the reason, if the person declines", async () => {
    acme.account = null;
    const { back } = await codeFrom("acme");
    expect(`${back.origin}${back.pathname}${back.search}`).toBe(`${app}/signed-in?tab=2&error=access_denied`);
  });

  test("says so where the provider is away", async () => {
    const answer = await new Browser().visit(beginning("away", verifierOf()));
    expect(answer).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
  });

  test("keeps the tabs of one browser apart", async () => {
    const browser = new Browser();
    const verifiers = [verifierOf(), verifierOf()];
    const addresses: string[] = [];
    for (const verifier of verifiers) {
      addresses.push((await browser.visit(beginning("acme", verifier))).headers.get("Location")!);
    }
    for (const [n, address] of addresses.entries()) {
      const code = (await browser.follow(address)).searchParams.get("code");
      const answer = await server.post("/auth/oauth/exchange", { code, code_verifier: verifiers[n] });
      expect(answer.status).toBe(200);
    }
  });

  test("names the providers for buttons, without their secrets", async () => {
    const { body } = await server.get("/auth/oauth");
    expect(body.providers).toContainEqual({ id: "acme", name: "ACME" });
    expect(JSON.stringify(body)).not.toContain(CLIENT.clientSecret);
  });
});

describe("a code", () => {
  test("is good once, for a minute, and with its verifier only", async () => {
    const good = await codeFrom("acme");
    const exchange = { code: good.code, code_verifier: good.code_verifier };
    expect((await server.post("/auth/oauth/exchange", exchange)).status).toBe(200);
    expect((await server.post("/auth/oauth/exchange", exchange)).body.code).toBe("invalid_exchange_code");

    const stolen = await codeFrom("acme");
    const thief = { code: stolen.code, code_verifier: verifierOf() };
    expect((await server.post("/auth/oauth/exchange", thief)).body.code).toBe("invalid_exchange_code");
    const owner = { code: stolen.code, code_verifier: stolen.code_verifier };
    expect((await server.post("/auth/oauth/exchange", owner)).body.code).toBe("invalid_exchange_code");

    const late = await codeFrom("acme");
    await database.admin.query("update auth.exchange_codes set expires_at = now()");
    expect(
      (await server.post("/auth/oauth/exchange", { code: late.code, code_verifier: late.code_verifier })).body
        .code,
    ).toBe("invalid_exchange_code");
  });

  test("that nobody brings is forgotten by a job", async () => {
    await codeFrom("acme");
    await database.admin.query("update auth.exchange_codes set expires_at = now()");
    await database.worker.query("select jobs.expire_exchange_codes()");
    expect(await count("auth.exchange_codes")).toBe(0);
  });

  test("is in no token's place: the address that a browser sees has no token in it", async () => {
    const browser = new Browser();
    const { back } = await codeFrom("acme", browser);
    for (const url of [...browser.visited, back]) expect(url.href).not.toMatch(/eyJ|rh_rt_|access_token/);
  });
});

describe("a browser that comes back", () => {
  /** One way there, and the address back that the provider would send the browser to. */
  async function underWay(provider = "acme") {
    const browser = new Browser();
    const there = new URL((await browser.visit(beginning(provider, verifierOf()))).headers.get("Location")!);
    return { browser, state: there.searchParams.get("state")!, there };
  }
  const callback = (provider: string, query: Record<string, string>) =>
    `${publicUrl}/auth/oauth/${provider}/callback?${new URLSearchParams(query)}`;

  test("went there with a challenge, a state, a nonce, and our own address whatever Host says", async () => {
    const { there } = await underWay();
    expect(Object.fromEntries(there.searchParams)).toMatchObject({
      client_id: "rowhouse",
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: `${publicUrl}/auth/oauth/acme/callback`,
    });
    const { pathname, search } = new URL(beginning("acme", verifierOf()));
    const { headers } = await server.get(pathname + search, { "X-Forwarded-Host": "evil.example" });
    expect(headers.get("Location")).not.toContain("evil");
    expect(headers.get("Set-Cookie")).toMatch(
      /^__Host-rowhouse_oauth=[^;]+; path=\/; .*samesite=lax; secure; httponly/i,
    );
  });

  test.each([
    ["no state", () => ({ code: "x" })],
    ["a state of its own", () => ({ code: "x", state: "made-up" })],
    ["the name of what every object has", () => ({ code: "x", state: "constructor" })],
  ])("with %s is refused", async (_, query) => {
    const { browser } = await underWay();
    expect(await browser.visit(callback("acme", query()))).toMatchObject({
      status: 400,
      body: { code: "oauth_state_invalid" },
    });
  });

  test("with somebody else's state is refused: the cookie is another's", async () => {
    const { state } = await underWay();
    const { browser } = await underWay();
    expect((await browser.visit(callback("acme", { code: "x", state }))).body.code).toBe(
      "oauth_state_invalid",
    );
    expect((await new Browser().visit(callback("acme", { code: "x", state }))).body.code).toBe(
      "oauth_state_invalid",
    );
  });

  test("to another provider's address is refused, and so is a second time", async () => {
    const { browser, state } = await underWay();
    expect((await browser.visit(callback("hostile", { code: "x", state }))).body.code).toBe(
      "oauth_state_invalid",
    );
    const { back } = await codeFrom("acme", browser);
    expect(back.searchParams.has("code")).toBe(true);
    const again = browser.visited.findLast(({ pathname }) => pathname.endsWith("/callback"))!;
    expect((await browser.visit(again.href)).body.code).toBe("oauth_state_invalid");
  });

  test("with the name of another issuer, or none, has failed (RFC 9207)", async () => {
    for (const iss of [{ iss: hostile.issuer }, {}] as Record<string, string>[]) {
      const { browser, state } = await underWay();
      const back = await browser.follow(callback("acme", { code: "x", state, ...iss }));
      expect(back.searchParams.get("error")).toBe("oauth_failed");
    }
  });

  test("with a forged cookie is a stranger", async () => {
    const { state } = await underWay();
    const answer = await server.get(`/auth/oauth/acme/callback?code=x&state=${state}`, {
      Cookie: "__Host-rowhouse_oauth=made-up; __Host-rowhouse_oauth.sig=made-up",
    });
    expect(answer.body.code).toBe("oauth_state_invalid");
  });
});

describe("where to come back to", () => {
  test.each([
    "https://evil.example/",
    "//evil.example",
    "\\\\evil.example",
    "https://app.example.com@evil.example/",
    "https://app.example.com.evil.example/",
    "https://user:pass@app.example.com/",
    "http://app.example.com/",
    "https://app.example.com:444/",
    "https://app.example.com\\@evil.example/",
    "https://app.example.com/\nLocation: x",
    "javascript:alert(1)",
    "/relative",
    "",
  ])("is not %j", async (returnTo) => {
    const answer = await new Browser().visit(beginning("acme", verifierOf(), returnTo));
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_input" } });
    expect(answer.headers.get("Location")).toBeNull();
  });

  test("is not said twice, and nothing else is said", async () => {
    const { pathname, search } = new URL(beginning("acme", verifierOf()));
    for (const more of [
      "&return_to=https://app.example.com/",
      "&scope=admin",
      "&redirect_uri=https://evil.example",
    ]) {
      expect((await server.get(pathname + search + more)).body.code).toBe("invalid_input");
    }
  });

  test("is a provider that is ours", async () => {
    for (const name of ["nobody", "constructor", "__proto__"]) {
      expect((await new Browser().visit(beginning(name, verifierOf()))).status).toBe(404);
    }
  });
});

describe("a provider that lies about", () => {
  const lies: Record<string, Mischief> = {
    "its issuer": ({ sign }) => sign({ claims: { iss: "https://accounts.google.com" } }),
    "the audience": ({ sign }) => sign({ claims: { aud: "another-client" } }),
    "the audience among several, for another party": ({ sign }) =>
      sign({ claims: { aud: [CLIENT.clientId, "other"], azp: "other" } }),
    "the nonce": ({ sign }) => sign({ claims: { nonce: "another" } }),
    "no nonce at all": ({ sign }) => sign({ claims: { nonce: undefined } }),
    "the time: it is over": ({ sign }) => sign({ claims: { exp: Math.floor(Date.now() / 1000) - 3600 } }),
    "no subject": ({ sign }) => sign({ claims: { sub: undefined } }),
    "the key": async ({ sign }) => {
      const { generateKeyPair } = await import("jose");
      return sign({ key: (await generateKeyPair("RS256")).privateKey });
    },
    "the algorithm: none": async ({ claims }) =>
      `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.`,
    "the algorithm: its public key as a secret": ({ sign, publicPem }) =>
      sign({ alg: "HS256", key: new TextEncoder().encode(publicPem) }),
    "the algorithm: our secret": ({ sign }) =>
      sign({ alg: "HS256", key: new TextEncoder().encode(CLIENT.clientSecret.padEnd(32)) }),
    "being a token at all": async () => "rubbish",
  };

  /** Comes back from the hostile provider, which says what it likes. */
  const comeBack = async (): Promise<URL> => (await comeBackWith()).back;
  async function comeBackWith(): Promise<{ verifier: string; back: URL }> {
    const browser = new Browser();
    const verifier = verifierOf();
    const there = new URL((await browser.visit(beginning("hostile", verifier))).headers.get("Location")!);
    hostile.nonce = there.searchParams.get("nonce")!;
    const query = new URLSearchParams({ code: "x", state: there.searchParams.get("state")! });
    return { verifier, back: await browser.follow(`${publicUrl}/auth/oauth/hostile/callback?${query}`) };
  }

  test("nothing gets a code", async () => {
    expect((await comeBack()).searchParams.has("code")).toBe(true);
  });

  test.each(Object.entries(lies))("%s gets none", async (_, mischief) => {
    hostile.mischief = mischief;
    const before = await count("auth.exchange_codes");
    const back = await comeBack();
    expect(back.searchParams.get("error")).toBe("oauth_failed");
    expect(back.searchParams.has("code")).toBe(false);
    expect(await count("auth.exchange_codes")).toBe(before);
  });

  test("its lie is counted by network, and the log says which it was", async () => {
    const counted = async () =>
      (
        await database.admin.query(
          "select coalesce(sum(count), 0)::int as n from audit.tallies where action = 'auth.oauth_failed'",
        )
      ).rows[0].n;
    const before = await counted();
    hostile.mischief = lies["the nonce"]!;
    await comeBack();
    expect(await counted()).toBe(before + 1);
    const line = await eventually(() => server.log.findLast(({ outcome }) => outcome === "oauth_failed"));
    expect(line).toMatchObject({ status: 302, reason: expect.stringMatching(/^OAUTH_/) });
  });

  test.each([
    ["an address that is none", { email: "two words@example.com" }, "email_unproven"],
    ["an address with the sign for kelvin", { email: "\u212Aate@example.com" }, "email_unproven"],
    ["an address with a Turkish İ", { email: "k\u0130m@example.com" }, "email_unproven"],
    ["an address after a byte order mark", { email: "\uFEFFkate@example.com" }, "email_unproven"],
    ["a name with what nobody can store", { name: "A\0B", email: "a.b@example.com" }, undefined],
    ["a name of nothing", { name: "\u200b", email: "c.d@example.com" }, undefined],
  ])("%s breaks nothing", async (_, claims, code) => {
    hostile.mischief = ({ sign }) => sign({ claims: { sub: randomBytes(6).toString("hex"), ...claims } });
    const { verifier, back } = await comeBackWith();
    const shown = { code: back.searchParams.get("code"), code_verifier: verifier };
    expect((await server.post("/auth/oauth/exchange", shown)).body.code).toBe(code);
  });

  test.each([
    ["too long", "s".repeat(256)],
    ["not to be stored", "a\0b"],
    ["empty", ""],
  ])("a subject that is %s gets no code", async (_, sub) => {
    hostile.mischief = ({ sign }) => sign({ claims: { sub } });
    expect((await comeBack()).searchParams.get("error")).toBe("oauth_failed");
  });

  test("who somebody is gets no further than its own issuer: another's subject is another identity", async () => {
    hostile.mischief = ({ sign }) => sign({ claims: { sub: "shared", email: "first@example.com" } });
    expect((await comeBack()).searchParams.has("code")).toBe(true);
    acme.account = { ...someone(), sub: "shared" };
    const { body } = await signIn();
    expect(body.user.email).toBe(acme.account.email);
  });
});

describe("linking", () => {
  test("lets an account elsewhere sign in somebody who is signed in, whatever its address", async () => {
    const person = await signUp(server);
    distrusted.account = someone();
    const { code, code_verifier } = await codeFrom("distrusted");
    const linked = await server.post("/auth/oauth/link", { code, code_verifier }, person.headers);
    expect(linked.status).toBe(204);
    expect((await signIn("distrusted")).body.user.id).toBe(person.login.user.id);
  });

  test("wants a session, a good code, and an identity that is nobody else's", async () => {
    const person = await signUp(server);
    const { code, code_verifier } = await codeFrom("acme");
    expect((await server.post("/auth/oauth/link", { code, code_verifier })).body.code).toBe(
      "credential_missing",
    );
    const lured = { code, code_verifier: verifierOf() };
    expect((await server.post("/auth/oauth/link", lured, person.headers)).body.code).toBe(
      "invalid_exchange_code",
    );

    acme.account = someone();
    expect((await signIn()).status).toBe(200);
    const taken = await codeFrom("acme");
    const answer = await server.post(
      "/auth/oauth/link",
      { code: taken.code, code_verifier: taken.code_verifier },
      person.headers,
    );
    expect(answer).toMatchObject({ status: 409, body: { code: "identity_taken" } });
    expect(
      await count("audit.events where action = 'auth.link_failed' and actor_id = $1", [person.login.user.id]),
    ).toBe(1);
  });

  const unlink = (id: string, headers: Record<string, string>) =>
    server.post(
      "/graphql",
      {
        query: "mutation ($id: ID!) { unlinkIdentity(input: {id: $id}) { identity { provider } } }",
        variables: { id },
      },
      headers,
    );
  async function identityOf(userId: string): Promise<string> {
    const { rows } = await database.admin.query("select id from auth.identities where user_id = $1", [
      userId,
    ]);
    return rows[0].id;
  }

  test("and unlinking want a fresh sign-in, and no API key", async () => {
    const person = await signUp(server);
    acme.account = { ...someone(), email: person.email };
    await signIn();
    const mine = await identityOf(person.login.user.id);
    await database.admin.query("update auth.sessions set authenticated_at = now() - interval '11 minutes'");
    acme.account = someone();
    const { code, code_verifier } = await codeFrom("acme");
    const stale = await server.post("/auth/oauth/link", { code, code_verifier }, person.headers);
    expect(stale).toMatchObject({ status: 401, body: { code: "step_up_required" } });
    expect((await unlink(mine, person.headers)).body.errors[0].extensions.code).toBe("STEP_UP_REQUIRED");
    await server.post("/auth/step-up", { password: person.password }, person.headers);
    // A code is not spent on somebody who is told to step up first.
    expect((await server.post("/auth/oauth/link", { code, code_verifier }, person.headers)).status).toBe(204);
    expect((await unlink(mine, person.headers)).body.errors).toBeUndefined();
  });

  test("is undone, but never the last way in, and never another's", async () => {
    const person = await signUp(server);
    acme.account = { ...someone(), email: person.email };
    await signIn();
    const mine = await identityOf(person.login.user.id);
    acme.account = someone();
    const { body } = await signIn();
    const theirs = { Authorization: `Bearer ${body.access_token}` };

    expect((await unlink(mine, theirs)).body.errors[0].extensions.code).toBe("NOT_FOUND");
    const last = await unlink(await identityOf(body.user.id), theirs);
    expect(last.body.errors[0].extensions.code).toBe("LAST_WAY_IN");
    expect(await count("auth.identities where user_id = $1", [body.user.id])).toBe(1);
    expect((await unlink(mine, person.headers)).body.data.unlinkIdentity.identity).toEqual({
      provider: "acme",
    });
    expect(await count("auth.identities where id = $1", [mine])).toBe(0);
  });
});
