import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { masterKeys } from "../../src/auth/encryption.ts";
import { digest, refreshToken, sessionHandle } from "../../src/auth/session_secrets.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { createMember, createTenant, facts, type Person, type Tenant } from "../support/people.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

const { current: key } = masterKeys({ masterKey: testMasterKey, previousMasterKey: null });

let database: TestDatabase;
let server: TestServer;
let tenant: Tenant;
let person: Person;
let phone: Device;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  tenant = await createTenant(database);
});
beforeEach(async () => {
  person = await createMember(database, { tenant, role: "member" });
  phone = await signIn();
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

/** A session and its first refresh token, as the server's own sign-in makes them. */
interface Device {
  readonly id: string;
  readonly token: string;
}

async function signIn(): Promise<Device> {
  const id = randomUUID();
  const { rows } = await database.auth.query(
    "select outcome from auth.finish_login($1, true, $2, $3, $4, $5)",
    [person.email, id, digest(sessionHandle(key, id)), tenant.slug, facts],
  );
  expect(rows).toEqual([{ outcome: "ok" }]);
  return { id, token: refreshToken(key, id, 0) };
}

interface Tokens {
  access_token: string;
  refresh_token: string;
}

const refresh = (token: string): Promise<Answer> =>
  server.post("/auth/refresh", { refresh_token: token }, { "User-Agent": "Phone/1" });

async function refreshed(token: string): Promise<Tokens> {
  const answer = await refresh(token);
  expect([answer.status, answer.body.code]).toEqual([200, undefined]);
  return answer.body;
}

const ask = (token: string, query = "{ me { id } }", more: Record<string, string> = {}) =>
  server.post("/graphql", { query }, { Authorization: `Bearer ${token}`, "User-Agent": "Phone/1", ...more });

async function used({ access_token }: Pick<Tokens, "access_token">): Promise<void> {
  expect((await ask(access_token)).body).toEqual({ data: { me: { id: person.userId } } });
}

interface Row {
  counter: number;
  end_reason: string | null;
  acknowledged: boolean;
  seen: Date;
}

async function session(id = phone.id): Promise<Row> {
  const { rows } = await database.admin.query<Row>(
    `select counter, end_reason, acknowledged_at is not null as acknowledged, last_seen_at as seen
     from auth.sessions where id = $1`,
    [id],
  );
  return rows[0]!;
}

/** Everything that happened to the session happened this much earlier. */
const later = (interval: string, id = phone.id) =>
  database.admin.query(
    `update auth.sessions set acknowledged_at = acknowledged_at - $2::interval, rotated_at = rotated_at - $2::interval,
       created_at = created_at - $2::interval, last_seen_at = last_seen_at - $2::interval,
       idle_expires_at = idle_expires_at - $2::interval, expires_at = expires_at - $2::interval
     where id = $1`,
    [id, interval],
  );

async function audited(action: string, id = phone.id): Promise<unknown[]> {
  const { rows } = await database.admin.query<{ detail: unknown }>(
    "select detail from audit.events where action = $1 and detail ->> 'session' = $2",
    [action, id],
  );
  return rows.map(({ detail }) => detail);
}

const invalidGrant = { status: 401, body: { code: "invalid_grant" } };

describe("an answer that was lost", () => {
  test.each(["1 second", "11 seconds", "1 hour", "6 days"])(
    "and asked for again after %s is given again",
    async (pause) => {
      const lost = await refreshed(phone.token);
      await later(pause);
      const again = await refreshed(phone.token);
      expect(again.refresh_token).toBe(lost.refresh_token);
      await used(again);
      await refreshed(again.refresh_token);
      expect(await session()).toMatchObject({ counter: 2, end_reason: null });
    },
  );

  test("a thousand times signs nobody out", async () => {
    let { token } = phone;
    for (let n = 0; n < 1_000; n++) {
      await refreshed(token);
      token = (await refreshed(token)).refresh_token;
    }
    expect(await session()).toMatchObject({ counter: 1_000, end_reason: null });
    expect(await audited("auth.refresh_reused")).toEqual([]);
  });

  test("signs out with the token that is left", async () => {
    await refreshed(phone.token);
    await later("1 hour");
    const out = await server.post("/auth/logout", undefined, {
      Cookie: `__Host-rowhouse_refresh=${phone.token}`,
      Origin: server.config.publicUrl,
    });
    expect(out.status).toBe(204);
    expect(await session()).toMatchObject({ end_reason: "logout" });
  });

  test("costs a client nothing whose clock is ten minutes off", async () => {
    // Ten minutes fast: to this client every access token is about to expire, so it refreshes before each request.
    let tokens = await refreshed(phone.token);
    for (let n = 0; n < 5; n++) {
      await used(tokens);
      tokens = await refreshed(tokens.refresh_token);
    }
    // Ten minutes slow: it comes that much later than it should.
    await later("25 minutes");
    await used(await refreshed(tokens.refresh_token));
    expect(await session()).toMatchObject({ counter: 7, end_reason: null });
  });
});

describe("fifty refreshes at once", () => {
  test("with one token have one child, and all live", async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(phone.token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    await Promise.all(answers.map(({ body }) => used(body)));
    expect(await session()).toMatchObject({ counter: 1, end_reason: null });
  });
});

describe("a token whose child is in use", () => {
  test("still gives the child within ten seconds of its first use: ten tabs are restored at once", async () => {
    const child = await refreshed(phone.token);
    await later("1 hour");
    await used(child);
    await later("9 seconds");
    expect((await refreshed(phone.token)).refresh_token).toBe(child.refresh_token);
  });

  test("ends the session later than that, a hundred times of a hundred, and the trail says so", async () => {
    for (let n = 0; n < 100; n++) {
      const device = await signIn();
      const child = await refreshed(device.token);
      await used(child);
      await later("11 seconds", device.id);
      expect(await refresh(device.token)).toMatchObject(invalidGrant);
      expect(await session(device.id)).toMatchObject({ counter: 1, end_reason: "reuse" });
      expect(await audited("auth.refresh_reused", device.id)).toMatchObject([{ presented: 0, current: 1 }]);
      expect((await ask(child.access_token)).body.errors[0].extensions.code).toBe("SESSION_ENDED");
      expect(await refresh(child.refresh_token)).toMatchObject(invalidGrant);
    }
  });

  test("ends the session at once when the child was refreshed", async () => {
    const child = await refreshed(phone.token);
    await refreshed(child.refresh_token);
    expect(await refresh(phone.token)).toMatchObject(invalidGrant);
    expect(await session()).toMatchObject({ counter: 2, end_reason: "reuse" });
  });

  test("is a grandparent's, however few of the tokens between were used", async () => {
    let { refresh_token: token } = await refreshed(phone.token);
    for (let n = 0; n < 3; n++) ({ refresh_token: token } = await refreshed(token));
    expect(await refresh(phone.token)).toMatchObject(invalidGrant);
    expect(await session()).toMatchObject({ counter: 4, end_reason: "reuse" });
    expect(await refresh(token)).toMatchObject(invalidGrant);
  });
});

describe("what counts as the first use", () => {
  test("is a request that the door let in, a change or a look", async () => {
    const child = await refreshed(phone.token);
    expect((await session()).acknowledged).toBe(false);
    await used(child);
    expect((await session()).acknowledged).toBe(true);
  });

  test("is one also where the request's own transaction rolls back", async () => {
    const child = await refreshed(phone.token);
    const failed = await ask(
      child.access_token,
      'mutation { updateConversation(input: {id: "00000000-0000-7000-8000-000000000000", patch: {title: "x"}}) { clientMutationId } }',
    );
    expect(failed.body.errors).toHaveLength(1);
    expect((await session()).acknowledged).toBe(true);
  });

  test("is none from another browser, which is refused", async () => {
    await database.admin.query("update auth.sessions set user_agent = 'Phone/1' where id = $1", [phone.id]);
    const child = await refreshed(phone.token);
    const refused = await ask(child.access_token, undefined, { "User-Agent": "Thief/1" });
    expect(refused.body.errors[0].extensions.code).toBe("FINGERPRINT_MISMATCH");
    expect((await session()).acknowledged).toBe(false);
    const { rows } = await database.auth.query("select auth.note_use($1, 1, $2) as noted", [
      digest(sessionHandle(key, phone.id)),
      { ...facts, user_agent: "Thief/1" },
    ]);
    expect(rows).toEqual([{ noted: false }]);
    expect((await session()).acknowledged).toBe(false);
    await used(child);
    expect((await session()).acknowledged).toBe(true);
  });

  test("is none with an access token of the parent: its tab knows nothing of the child", async () => {
    const first = await refreshed(phone.token);
    await used(first);
    const second = await refreshed(first.refresh_token);
    await used(first);
    expect((await session()).acknowledged).toBe(false);
    await later("1 hour");
    expect((await refreshed(first.refresh_token)).refresh_token).toBe(second.refresh_token);
  });

  test("is written once a rotation and once in five minutes, not once a request", async () => {
    const version = async () => {
      const { rows } = await database.admin.query("select xmin::text from auth.sessions where id = $1", [
        phone.id,
      ]);
      return rows[0]!.xmin as string;
    };
    const tokens = await refreshed(phone.token);
    const before = await version();
    await used(tokens);
    const noted = await version();
    expect(noted).not.toBe(before);
    for (let n = 0; n < 20; n++) await used(tokens);
    // What one process has in mind, another asks again; the row knows it already.
    for (let n = 0; n < 20; n++) {
      await database.auth.query("select auth.note_use($1, 1, $2)", [
        digest(sessionHandle(key, phone.id)),
        facts,
      ]);
    }
    expect(await version()).toBe(noted);

    await later("6 minutes");
    await database.auth.query("select auth.note_use($1, 1, $2)", [
      digest(sessionHandle(key, phone.id)),
      facts,
    ]);
    expect(Date.now() - (await session()).seen.getTime()).toBeLessThan(60_000);
  });

  test("waits for nobody who holds the session's row: the next request notes it", async () => {
    const tokens = await refreshed(phone.token);
    const holding = await database.admin.connect();
    try {
      await holding.query("begin");
      await holding.query("select from auth.sessions where id = $1 for update", [phone.id]);
      await used(tokens);
      expect((await session()).acknowledged).toBe(false);
      expect(server.log.filter(({ msg }) => /could not be noted/.test(msg))).toEqual([]);
    } finally {
      await holding.query("rollback");
      holding.release();
    }
    await used(tokens);
    expect((await session()).acknowledged).toBe(true);
  });

  test("is no event of the trail", async () => {
    const tokens = await refreshed(phone.token);
    const events = async () =>
      (await database.admin.query("select from audit.events where row_id = $1", [phone.id])).rowCount;
    const before = await events();
    await used(tokens);
    expect((await session()).acknowledged).toBe(true);
    expect(await events()).toBe(before);
  });
});

describe("a token whose answer was lost is refused, and nothing comes back to life,", () => {
  const change = (sql: string, values: unknown[]) => database.admin.query(sql, values);

  test("after the sign-out", async () => {
    const child = await refreshed(phone.token);
    await server.post("/auth/logout", undefined, {
      Authorization: `Bearer ${child.access_token}`,
      "User-Agent": "Phone/1",
    });
    for (const token of [phone.token, child.refresh_token])
      expect(await refresh(token)).toMatchObject(invalidGrant);
    expect(await session()).toMatchObject({ counter: 1, end_reason: "logout" });
  });

  test.each([
    ["a ban", "update app.users set status = 'banned' where id = $1"],
    ["a suspended membership", "update app.memberships set status = 'suspended' where user_id = $1"],
    [
      "the end of all sessions, as a new password brings",
      "update auth.sessions set ended_at = now(), end_reason = 'revoked' where user_id = $1",
    ],
  ])("after %s", async (_what, sql) => {
    const child = await refreshed(phone.token);
    await change(sql, [person.userId]);
    const before = await session();
    for (const token of [phone.token, child.refresh_token])
      expect(await refresh(token)).toMatchObject(invalidGrant);
    expect(await session()).toEqual(before);
    expect((await ask(child.access_token)).status).toBe(401);
  });

  test("after its company was suspended", async () => {
    const other = await createTenant(database);
    person = await createMember(database, { tenant: other, role: "member" });
    const id = randomUUID();
    await database.auth.query("select auth.finish_login($1, true, $2, $3, $4, $5)", [
      person.email,
      id,
      createHash("sha256").update(sessionHandle(key, id)).digest(),
      other.slug,
      facts,
    ]);
    const child = await refreshed(refreshToken(key, id, 0));
    await change("update app.tenants set status = 'suspended' where id = $1", [other.tenantId]);
    for (const token of [refreshToken(key, id, 0), child.refresh_token]) {
      expect(await refresh(token)).toMatchObject(invalidGrant);
    }
    expect(await session(id)).toMatchObject({ counter: 1, end_reason: null });
  });

  test("when the session is revoked while it refreshes", async () => {
    const revoking = await database.admin.connect();
    try {
      await revoking.query("begin");
      await revoking.query(
        "update auth.sessions set ended_at = now(), end_reason = 'revoked' where id = $1",
        [phone.id],
      );
      const { rows: before } = await revoking.query("select pg_backend_pid() as pid");
      const answer = refresh(phone.token);
      // The refresh has come as far as the row, and waits for it.
      for (let waiting = 0; waiting === 0; ) {
        const { rows } = await database.admin.query(
          "select count(*)::int as waiting from pg_stat_activity where $1 = any (pg_blocking_pids(pid))",
          [before[0].pid],
        );
        waiting = rows[0].waiting;
      }
      await revoking.query("commit");
      expect(await answer).toMatchObject(invalidGrant);
    } finally {
      revoking.release();
    }
    expect(await session()).toMatchObject({ counter: 0, end_reason: "revoked" });
  });
});
