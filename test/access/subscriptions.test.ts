import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createTenant, type Member } from "../support/people.ts";
import { addRows, type TenantMember } from "../support/tenants.ts";

let database: TestDatabase;
let person: TenantMember;
let stranger: TenantMember;
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(async () => {
  const tenant = await createTenant(database);
  person = await addRows(database, await createMember(database, { tenant, role: "member" }));
  const elsewhere = await createTenant(database);
  stranger = await addRows(database, elsewhere.owner);
});
afterAll(() => database.drop());

type Watched = readonly [who: Pick<Member, "digest">, id: string | null, mark?: string | null];

/** What a look returns: the mark of each place that has another one now. */
async function look(...watched: Watched[]): Promise<(string | undefined)[]> {
  const { rows } = await database.auth.query<{ place: number; mark: string }>(
    "select place, mark from auth.watch_subscriptions($1, $2, $3, $4)",
    [
      watched.map(([{ digest }]) => digest),
      watched.map(() => "conversation"),
      watched.map(([, id]) => id),
      watched.map(([, , mark]) => mark ?? null),
    ],
  );
  return watched.map((_, n) => rows.find(({ place }) => place === n + 1)?.mark);
}

const rename = (who: TenantMember, title: string) =>
  actors(database.app)(who).rows("update app.conversations set title = $2 where id = $1", [
    who.conversationId,
    title,
  ]);

describe("a mark", () => {
  test("is returned once, and again when the row is another; each place by itself", async () => {
    const mine = [person, person.conversationId] as const;
    const theirs = [stranger, stranger.conversationId] as const;
    const [one, other] = await look(mine, theirs);
    expect(await look([...mine, one], [...theirs, other])).toEqual([undefined, undefined]);
    await rename(stranger, "Tea");
    expect(await look([...mine, one], [...theirs, other])).toEqual([undefined, expect.any(String)]);
  });

  test("of another company's row is that of no row at all, whatever becomes of it", async () => {
    const before = await look([person, stranger.conversationId], [person, randomUUID()], [person, null]);
    expect(new Set(before).size).toBe(1);
    await rename(stranger, "Tea");
    expect(await look([person, stranger.conversationId, before[0]])).toEqual([undefined]);
  });

  test("is another when what the credential's holder may do is", async () => {
    const mine = [person, null] as const;
    const [before] = await look(mine);
    await database.admin.query("delete from app.team_members where user_id = $1", [person.userId]);
    const [without] = await look([...mine, before]);
    expect(without).toEqual(expect.any(String));
    await database.admin.query(
      "update auth.sessions set ended_at = now(), end_reason = 'logout' where user_id = $1",
      [person.userId],
    );
    expect(await look([...mine, without])).toEqual([expect.any(String)]);
  });

  test("is the same for everybody whom nobody knows", async () => {
    const [one, other] = [randomBytes(32), randomBytes(32)].map((digest) => ({ digest }));
    const marks = await look([one!, person.conversationId], [other!, null]);
    expect(marks[0]).toBe(marks[1]);
  });

  test("outlives a vacuum, also one that freezes", async () => {
    const mine = [person, person.conversationId] as const;
    const [mark] = await look(mine);
    await database.admin.query("vacuum (freeze) app.conversations");
    expect(await look([...mine, mark])).toEqual([undefined]);
  });
});

describe("the look at versions", () => {
  test("is for who watches over subscriptions, and for no other role", async () => {
    for (const pool of [database.app, database.worker]) {
      await expect(
        pool.query("select * from auth.watch_subscriptions('{}', '{}', '{}', '{}')"),
      ).rejects.toMatchObject({ code: "42501" });
    }
  });

  test("leaves nothing of its context in the transaction", async () => {
    const client = await database.auth.connect();
    try {
      await client.query("begin");
      await client.query("select * from auth.watch_subscriptions('{}', '{}', '{}', '{}')");
      const { rows } = await client.query(
        "select current_setting('rowhouse.context') as left, context.claims() as claims",
      );
      expect(rows).toEqual([{ left: "", claims: null }]);
    } finally {
      await client.query("rollback");
      client.release();
    }
  });

  test("is not had by asking for it at the door", async () => {
    const asking = { digest: person.digest, facts: { watches: "true" } };
    const [row] = await actors(database.app)(asking as never).rows<{ claims: object }>(
      "select context.claims() as claims",
      [],
    );
    expect(row!.claims).not.toHaveProperty("watches");
    await expect(database.app.query("select context.watches()")).rejects.toMatchObject({ code: "42501" });
  });
});
