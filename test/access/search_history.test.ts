import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture, type TenantMember } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
});
beforeEach(() => database.admin.query("delete from app.conversations"));
afterAll(() => database.drop());

/** A conversation in which somebody said these things, each a message. */
async function said(
  { tenantId, userId }: TenantMember & { tenantId: string },
  ...messages: string[]
): Promise<string> {
  const { rows } = await database.admin.query(
    `with place as (
       insert into app.conversations (tenant_id, user_id, title) values ($1, $2, 'Untitled') returning *
     ), written as (
       insert into app.messages (tenant_id, user_id, conversation_id, content)
       select tenant_id, user_id, id, word from place, unnest($3::text[]) as word
     ) select id from place`,
    [tenantId, userId, messages],
  );
  return rows[0].id;
}
const member = () => ({ ...acme.member, tenantId: acme.tenantId });
const found = async (search: string, who: TenantMember = acme.member): Promise<string[]> =>
  (await actingAs(who).rows<{ ids: string[] }>("select context.find_conversations($1) as ids", [search]))[0]!
    .ids;

describe("one's history", () => {
  test("is found by all words, by any, by what stands next to what, and without what must not be there", async () => {
    const one = await said(member(), "The airship is in the hangar.");
    const two = await said(member(), "A hangar for the balloon, and an airship outside.");
    for (const [search, wanted] of [
      ["airship", [one, two]],
      ["AIRSHIP hangar", [one, two]],
      ["airship balloon", [two]],
      ["balloon or airship", [one, two]],
      ["balloon or zeppelin", [two]],
      ['"the hangar"', [one]],
      ['"hangar the"', []],
      ["hangar -balloon", [one]],
      // A text is asked by itself, and the title of the other says nothing of balloons.
      ["-balloon", [one, two]],
      ["airship or -balloon", [one, two]],
      ["hangar balloon or zeppelin", [two]],
      ["air", []],
      ["", []],
      ["or", []],
      ["%", []],
    ] as const) {
      expect([search, (await found(search)).toSorted()]).toEqual([search, wanted.toSorted()]);
    }
  });

  test("has words with quotes, backslashes, accents and of every script", async () => {
    const id = await said(member(), String.raw`o'brien c:\temp naïve 東京 ελληνικά x@y.example/path?q='1'`);
    for (const search of [
      "o'brien",
      String.raw`c:\temp`,
      "naïve",
      "東京",
      "ΕΛΛΗΝΙΚΆ",
      "x@y.example/path?q='1'",
    ]) {
      expect([search, await found(search)]).toEqual([search, [id]]);
    }
  });

  test("is found by an answer from the moment that it is whole, by its words of now, and not by those of before", async () => {
    const id = await said(member(), "Where?");
    await database.admin.query(
      "insert into app.messages (tenant_id, user_id, conversation_id, role, status, content) values ($1, $2, $3, 'assistant', 'streaming', '')",
      [acme.tenantId, acme.member.userId, id],
    );
    expect(await found("harbour")).toEqual([]);
    await database.admin.query(
      "update app.messages set status = 'complete', content = 'In the harbour.' where role = 'assistant'",
    );
    expect(await found("harbour")).toEqual([id]);
    await database.admin.query("update app.messages set content = 'In the hangar.' where role = 'assistant'");
    expect([await found("harbour"), await found("hangar")]).toEqual([[], [id]]);
    await database.admin.query("delete from app.messages where role = 'assistant'");
    expect(await found("hangar")).toEqual([]);
    expect((await database.admin.query("select from context.message_words")).rows).toHaveLength(1);
  });

  test("comes the newest first, fifty at most, also where messages have to be read for it", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 60; n += 1) ids.push(await said(member(), "the airship", `number ${n}`));
    const newest = ids.toReversed().slice(0, 50);
    expect(await found("airship")).toEqual(newest);
    expect(await found('"the airship"')).toEqual(newest);
    expect(await found("airship -zeppelin")).toEqual(newest);
  });

  test("in the bin is not found, and is again when it is brought back", async () => {
    const id = await said(member(), "airship");
    await actingAs(acme.member).rows("select app.discard_conversation($1)", [id]);
    expect([await found("airship"), await found('"airship"'), await found("-zeppelin")]).toEqual([
      [],
      [],
      [],
    ]);
    await actingAs(acme.member).rows("select app.restore_conversation($1)", [id]);
    expect(await found("airship")).toEqual([id]);
  });
});

describe("what others said", () => {
  test("is found by nobody else, and the index has no key of it that a colleague's search would read", async () => {
    await said(member(), "airship");
    await said({ ...acme.colleague, tenantId: acme.tenantId }, "airship");
    await said({ ...globex.member, tenantId: globex.tenantId }, "airship");
    for (const who of [acme.member, acme.colleague, globex.member])
      expect(await found("airship", who)).toHaveLength(1);
    expect(await found("airship", acme.admin)).toEqual([]);
    const { rows } = await database.admin.query("select distinct words from context.message_words");
    expect(rows).toHaveLength(3);
  });

  test("costs a search nothing: it reads as many pages beside a thousand messages with the same word as without", async () => {
    await said(member(), "airship");
    const pages = async (): Promise<number> => {
      const client = await database.admin.connect();
      try {
        // As the function asks, and as it is planned.
        await client.query("set enable_seqscan = off; set jit = off");
        const { rows } = await client.query(
          `explain (analyze, buffers, format json) select * from context.messages_with($1, $2, context.word_keys($1, $2, '{airship}'), true)`,
          [acme.tenantId, acme.member.userId],
        );
        const { Plan: plan } = rows[0]["QUERY PLAN"][0];
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
      } finally {
        client.release(true);
      }
    };
    await pages();
    const alone = await pages();
    await database.admin.query(
      `insert into app.messages (tenant_id, user_id, conversation_id, content)
       select $1, $2, $3, 'airship' from generate_series(1, 1000)`,
      [
        acme.tenantId,
        acme.colleague.userId,
        await said({ ...acme.colleague, tenantId: acme.tenantId }, "airship"),
      ],
    );
    // A level of the index more, at most.
    expect(await pages()).toBeLessThanOrEqual(alone + 1);
  });

  test("is nobody's to read as keys", async () => {
    for (const who of [acme.owner, acme.member]) {
      await actingAs(who).expect("select from context.message_words").toBeRefused("42501");
      await actingAs(who).expect("select context.index_messages($1)", [acme.tenantId]).toBeRefused("42501");
      await actingAs(who)
        .expect("select context.messages_with($1, $2, '{1}', true)", [acme.tenantId, acme.member.userId])
        .toBeRefused("42501");
    }
    await expect(database.admin.query("truncate context.message_words")).rejects.toMatchObject({
      code: "RH405",
    });
  });
});
