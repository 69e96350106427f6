import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { networkTo } from "../support/network.ts";
import { mailedToken, type SignUp, signUp } from "../support/people.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let person: SignUp;
let other: SignUp;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  person = await signUp(server, { tenant: { name: "Once", slug: "once" } });
  other = await signUp(server, { tenant: { name: "Elsewhere", slug: "elsewhere" } });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const CREATE =
  "mutation ($title: String!) { createConversation(input: {conversation: {title: $title}}) { conversation { id title } } }";

interface Given {
  readonly key?: string;
  readonly who?: { headers: { Authorization: string } };
  readonly query?: string;
  readonly at?: TestServer;
}

const create = (
  title: string,
  { key, who = person, query = CREATE, at = server }: Given = {},
): Promise<Answer> =>
  at.post(
    "/graphql",
    { query, variables: { title } },
    { ...who.headers, ...(key && { "Idempotency-Key": key }) },
  );

async function titled(title: string): Promise<number> {
  const { rows } = await database.admin.query(
    "select count(*)::integer as count from app.conversations where title like $1 || '%'",
    [title],
  );
  return rows[0].count;
}

const refused = (status: number, code: string) => ({
  status,
  body: { errors: [{ message: expect.any(String), extensions: { code } }] },
});

describe("with an Idempotency-Key, a mutation is made once", () => {
  test("and a repetition has the first one's answer", async () => {
    const key = randomUUID();
    const first = await create("repeated", { key });
    expect(first.body.data.createConversation.conversation.title).toBe("repeated");
    expect(first.headers.get("Idempotency-Replayed")).toBeNull();
    const again = await create("repeated", { key });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(again.headers.get("Content-Type")).toBe(first.headers.get("Content-Type"));
    expect(await titled("repeated")).toBe(1);
  });

  test("also by twenty requests at once, each of which hears of the one or that it is under way", async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create("at once", { key })));
    expect(await titled("at once")).toBe(1);
    const ids = new Set(
      answers
        .filter(({ status }) => status === 200)
        .map(({ body }) => body.data.createConversation.conversation.id),
    );
    expect(ids.size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(answer).toMatchObject(refused(409, "IDEMPOTENCY_IN_PROGRESS"));
      expect(answer.headers.get("Retry-After")).toBe("1");
    }
  });

  test("while the first is still inside its transaction, nobody waits and nobody repeats it", async () => {
    const key = randomUUID();
    const holder = await database.admin.connect();
    await holder.query("begin; lock table app.conversations in share mode");
    const first = create("held", { key });
    try {
      for (;;) {
        const { rowCount } = await database.admin.query(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        if (rowCount) break;
      }
      expect(await create("held", { key })).toMatchObject(refused(409, "IDEMPOTENCY_IN_PROGRESS"));
    } finally {
      await holder.query("rollback");
      holder.release();
    }
    expect((await first).status).toBe(200);
    expect(await titled("held")).toBe(1);
  });

  test("by the same key for another request it is refused", async () => {
    const key = randomUUID();
    await create("one thing", { key });
    expect(await create("another thing", { key })).toMatchObject(refused(422, "IDEMPOTENCY_KEY_REUSED"));
    expect(await titled("another thing")).toBe(0);
  });

  test("each person has keys of their own", async () => {
    const key = randomUUID();
    await create("mine", { key });
    expect((await create("mine", { key, who: other })).status).toBe(200);
    expect(await titled("mine")).toBe(2);
  });

  test("without the header, as often as it is sent; a query is read afresh whatever it brings", async () => {
    await create("unkeyed");
    await create("unkeyed");
    expect(await titled("unkeyed")).toBe(2);
    const key = randomUUID();
    const count = async () => {
      const query = "{ myConversations(first: 100) { nodes { id } } }";
      const answer = await server.post("/graphql", { query }, { ...person.headers, "Idempotency-Key": key });
      return answer.body.data.myConversations.nodes.length;
    };
    const before = await count();
    await create("in between");
    expect(await count()).toBe(before + 1);
  });

  test("a request that changed nothing leaves its key free for another try", async () => {
    const key = randomUUID();
    const tooLong = "x".repeat(300);
    for (let n = 0; n < 2; n++) {
      const { body } = await create(tooLong, { key });
      expect(body.errors[0].extensions.code).toBe("INVALID_INPUT");
    }
    const { rowCount } = await database.admin.query(
      "select from context.idempotency_keys where answer is null",
    );
    expect(rowCount).toBe(0);
    expect((await create("x", { key })).status).toBe(200);
  });

  test("of several mutations in one request none is made again, also where one had failed", async () => {
    const key = randomUUID();
    const query = `mutation ($title: String!) {
      a: createConversation(input: {conversation: {title: "several a"}}) { conversation { id } }
      b: createConversation(input: {conversation: {title: $title}}) { conversation { id } }
      c: createConversation(input: {conversation: {title: "several c"}}) { conversation { id } }
    }`;
    const tooLong = "y".repeat(300);
    const first = await create(tooLong, { key, query });
    expect(first.body.data).toMatchObject({ a: { conversation: {} }, b: null, c: { conversation: {} } });
    const again = await create(tooLong, { key, query });
    expect(again.body).toEqual(first.body);
    expect(await titled("several")).toBe(2);
  });

  test("an update that finds no row is answered the same twice", async () => {
    const key = randomUUID();
    const query = `mutation ($title: String!) {
      updateConversation(input: {id: "${randomUUID()}", patch: {title: $title}}) { conversation { id } }
    }`;
    const first = await create("nowhere", { key, query });
    expect(first.body.errors[0].extensions.code).toBe("NOT_FOUND");
    expect((await create("nowhere", { key, query })).body).toEqual(first.body);
  });

  test("quoted, as the draft has it, or not, it is the same key", async () => {
    const key = randomUUID();
    await create("quoted", { key });
    const again = await create("quoted", { key: `"${key}"` });
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
  });

  test.each([['""'], ['"open'], ["two words"], ["k".repeat(256)], ['"a"b"']])(
    "what is no key is refused: %s",
    async (key) => {
      const { status, body } = await create("bad key", { key });
      expect([status, JSON.stringify(body)]).toEqual([
        400,
        expect.stringMatching(/idempotency_key_invalid/i),
      ]);
      expect(await titled("bad key")).toBe(0);
    },
  );
});

describe("an answer that is kept", () => {
  test("is read with the credential that it was given to and the client's key, and not in the database", async () => {
    const key = randomUUID();
    await create("a secret plan", { key });
    const { rows } = await database.admin.query(
      "select string_agg(row::text, ' ') as all from context.idempotency_keys as row",
    );
    expect(rows[0].all).not.toContain("secret plan");
    expect(rows[0].all).not.toContain(key);
  });

  test("is not given to another credential of the same person, for whom nothing is done again either", async () => {
    const key = randomUUID();
    await create("two devices", { key });
    const { body } = await server.post("/auth/login", {
      email: person.email,
      password: person.password,
      tenant: "once",
    });
    const device = { headers: { Authorization: `Bearer ${body.access_token}` } };
    expect(await create("two devices", { key, who: device })).toMatchObject(
      refused(409, "IDEMPOTENCY_REPLAYED"),
    );
    expect(await titled("two devices")).toBe(1);
  });

  test("is within no reach of SQL in a request", async () => {
    for (const statement of [
      "select * from context.idempotency_keys",
      "delete from context.idempotency_keys",
    ]) {
      await expect(database.app.query(statement)).rejects.toMatchObject({ code: "42501" });
    }
    const outside = await database.app.query("select context.recall_answer(sha256('x')) as answer");
    expect(outside.rows).toEqual([{ answer: null }]);
  });

  test("leaves no trace in the trail, which has the change itself once", async () => {
    const key = randomUUID();
    const { body } = await create("trailed", { key });
    await create("trailed", { key });
    const { rows } = await database.admin.query(
      "select action from audit.events where row_key ->> 'id' = $1 or table_name = 'context.idempotency_keys'",
      [body.data.createConversation.conversation.id],
    );
    expect(rows).toEqual([{ action: "insert" }]);
  });

  test("is forgotten with its key after a day, and not before", async () => {
    const [old, young] = [randomUUID(), randomUUID()];
    await create("forgotten", { key: old });
    await database.admin.query(
      "update context.idempotency_keys set created_at = now() - interval '24 hours'",
    );
    await create("remembered", { key: young });
    const { rows } = await database.worker.query("select jobs.expire_idempotency_keys() as forgotten");
    expect(rows[0].forgotten).toBeGreaterThan(0);
    expect((await create("remembered", { key: young })).headers.get("Idempotency-Replayed")).toBe("true");
    expect((await create("forgotten", { key: old })).headers.get("Idempotency-Replayed")).toBeNull();
  });
});

describe("where the first request's answer was lost", () => {
  test("a repetition learns that it was made, as soon as nobody can be at it any more", async () => {
    const key = randomUUID();
    await create("lost", { key });
    const move = (change: string) =>
      database.admin.query(
        `update context.idempotency_keys set answer = null, ${change} where created_at > now() - interval '1 hour'`,
      );
    await move("finished_at = null, created_at = now() - interval '59 seconds'");
    expect(await create("lost", { key })).toMatchObject(refused(409, "IDEMPOTENCY_IN_PROGRESS"));
    await move("created_at = now() - interval '61 seconds'");
    expect(await create("lost", { key })).toMatchObject(refused(409, "IDEMPOTENCY_REPLAYED"));
    expect(await titled("lost")).toBe(1);
  });

  test("because what failed after the change is not repeated as if it were the outcome", async () => {
    await database.admin.query(`
      create function app.conversations_broken(conversation app.conversations) returns text
        language plpgsql stable set search_path = '' as $$ begin raise exception 'x' using errcode = 'XX000'; end $$;
      grant execute on function app.conversations_broken(app.conversations) to rowhouse_app`);
    const fragile = await startTestServer(database);
    try {
      const key = randomUUID();
      const query = CREATE.replace("{ id title }", "{ id broken }");
      const first = await create("half way", { key, query, at: fragile });
      expect(first.body.errors[0].extensions.code).toBe("INTERNAL_ERROR");
      const again = await create("half way", { key, query, at: fragile });
      expect(again).toMatchObject(refused(409, "IDEMPOTENCY_REPLAYED"));
      expect(await titled("half way")).toBe(1);
    } finally {
      await fragile.close();
      await database.admin.query("drop function app.conversations_broken(app.conversations)");
    }
  });

  test("a 503 on a cut network is tried again with the same key, and the change is there once", async () => {
    const network = await networkTo(database.adminUrl);
    const { auth, worker, app } = database.connections;
    const behind = await startTestServer({ connections: { app: network.through(app), auth, worker } });
    try {
      const key = randomUUID();
      const holder = await database.admin.connect();
      await holder.query("begin; lock table app.conversations in share mode");
      const first = create("cut off", { key, at: behind });
      for (;;) {
        const { rowCount } = await database.admin.query(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        if (rowCount) break;
      }
      await network.cut();
      expect((await first).status).toBe(503);
      await holder.query("rollback");
      holder.release();
      await network.mend();
      // PostgreSQL did not notice that nobody listens any more, and committed.
      for (;;) if ((await titled("cut off")) === 1) break;
      const again = await create("cut off", { key, at: behind });
      expect(again).toMatchObject(refused(409, "IDEMPOTENCY_IN_PROGRESS"));
      await database.admin.query(
        "update context.idempotency_keys set created_at = now() - interval '61 seconds'",
      );
      expect(await create("cut off", { key, at: behind })).toMatchObject(
        refused(409, "IDEMPOTENCY_REPLAYED"),
      );
      expect(await titled("cut off")).toBe(1);
    } finally {
      await behind.close();
      await network.cut();
    }
  });
});

test("registering is the same twice by itself, without a key", async () => {
  const email = "twice@example.com";
  const body = { email, name: "Twice" };
  for (let n = 0; n < 2; n++) expect((await server.post("/auth/register", body)).status).toBe(202);
  const verified = await server.post("/auth/email/verify", {
    token: await mailedToken(server, email),
    password: "a long enough phrase",
  });
  expect(verified.status).toBe(204);
  const { rows } = await database.admin.query(
    "select count(*)::integer as count from app.users where email = $1",
    [email],
  );
  expect(rows).toEqual([{ count: 1 }]);
});
