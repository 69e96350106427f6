import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";
import { type Turn, turns } from "../support/turns.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
let turn: ReturnType<typeof turns>;
let said: Turn;

beforeEach(async () => {
  if (!database) {
    database = await createDatabase();
    ({ acme, globex } = await buildTenants(database));
    actingAs = actors(database.app);
    turn = turns(database);
  }
  said = await turn.begin(acme.member, { content: "Where is the zeppelin?" });
  await turn.settle(said, { content: "In the hangar." });
});
afterAll(() => database.drop());

/** How many conversations and messages of `said` somebody sees. */
const sees = async (who: TenantFixture["member"]): Promise<[number, number]> => [
  (await actingAs(who).rows("select 1 from app.conversations where id = $1", [said.conversation_id])).length,
  (await actingAs(who).rows("select 1 from app.messages where conversation_id = $1", [said.conversation_id]))
    .length,
];
const discard = "select id from app.discard_conversation($1)";
const restore = "select id from app.restore_conversation($1)";
const share = "select id from app.share_conversation($1, $2)";

describe("a discarded conversation", () => {
  test("is out of everybody's sight but in its member's bin, and comes back whole", async () => {
    expect(await sees(acme.admin)).toEqual([1, 2]);
    await actingAs(acme.member).expect(discard, [said.conversation_id]).toReach(1);
    expect(await sees(acme.admin)).toEqual([0, 0]);
    expect(await sees(acme.owner)).toEqual([0, 0]);
    expect(await sees(acme.member)).toEqual([1, 0]);
    for (const list of ["my_conversations", "visible_conversations", "search_conversations"]) {
      const found = `select from app.${list}(${list.startsWith("search") ? "'zeppelin'" : ""}) where id = $1`;
      await actingAs(acme.member).expect(found, [said.conversation_id]).toReach(0);
    }
    const bin = "select from app.discarded_conversations() where id = $1";
    await actingAs(acme.member).expect(bin, [said.conversation_id]).toReach(1);
    await actingAs(acme.admin).expect(bin, [said.conversation_id]).toReach(0);

    await actingAs(acme.member).expect(restore, [said.conversation_id]).toReach(1);
    expect(await sees(acme.member)).toEqual([1, 2]);
    expect(await sees(acme.admin)).toEqual([1, 2]);
  });

  test("takes no message, and the turn that was under way is stopped", async () => {
    const next = await turn.begin(acme.member, { conversation: said.conversation_id, content: "And now?" });
    await actingAs(acme.member).expect(discard, [said.conversation_id]).toReach(1);
    expect(await turn.watch(next)).toEqual({ [next.turn_id]: "stopped" });
    await expect(
      turn.begin(acme.member, { conversation: said.conversation_id, content: "x" }),
    ).rejects.toMatchObject({ code: "RH404" });
    await actingAs(acme.member)
      .expect("insert into app.messages (conversation_id, content) values ($1, 'x')", [said.conversation_id])
      .toBeRefused("RH404");
    await turn.settle(next, { outcome: "stopped", content: "Now it" });
    expect(await sees(acme.admin)).toEqual([0, 0]);
    await actingAs(acme.member).expect(restore, [said.conversation_id]).toReach(1);
    expect(await sees(acme.member)).toEqual([1, 4]);
  });

  test("is its member's to discard and to take back, and nobody else's", async () => {
    for (const other of [acme.admin, acme.colleague, globex.member]) {
      for (const sql of [discard, restore]) {
        await actingAs(other).expect(sql, [said.conversation_id]).toBeRefused("RH404");
      }
    }
    await actingAs(acme.viewer).expect(discard, [acme.viewer.conversationId]).toBeRefused("RH403", "chat");
    expect(await sees(acme.member)).toEqual([1, 2]);
  });

  test("is gone after thirty days, with its messages, and not a day earlier", async () => {
    const sweep = async () =>
      (await database.worker.query("select jobs.expire_conversations() as count")).rows[0].count;
    const age = (days: number) =>
      database.admin.query(
        "update app.conversations set deleted_at = now() - make_interval(days => $2) where id = $1",
        [said.conversation_id, days],
      );
    await actingAs(acme.member).expect(discard, [said.conversation_id]).toReach(1);
    await age(29);
    expect(await sweep()).toBe(0);
    await age(31);
    await actingAs(acme.member).expect(restore, [said.conversation_id]).toBeRefused("RH404");
    expect(await sweep()).toBe(1);
    const { rowCount } = await database.admin.query("select from app.messages where conversation_id = $1", [
      said.conversation_id,
    ]);
    expect(rowCount).toBe(0);
  });
});

describe("a shared conversation", () => {
  test("is read by the team with all that was said, until it is taken back", async () => {
    expect(await sees(acme.colleague)).toEqual([0, 0]);
    await actingAs(acme.member).expect(share, [said.conversation_id, acme.member.teamId]).toReach(1);
    expect(await sees(acme.colleague)).toEqual([1, 2]);
    expect(await sees(globex.member)).toEqual([0, 0]);
    await turn.begin(acme.member, { conversation: said.conversation_id, content: "Still?" });
    expect(await sees(acme.colleague)).toEqual([1, 4]);
    await actingAs(acme.member).expect(share, [said.conversation_id, null]).toReach(1);
    expect(await sees(acme.colleague)).toEqual([0, 0]);
    expect(await sees(acme.member)).toEqual([1, 4]);
  });

  test("goes into teams of its member's only, and at its member's word only", async () => {
    await actingAs(acme.member)
      .expect(share, [said.conversation_id, globex.member.teamId])
      .toBeRefused("RH404");
    await actingAs(acme.colleague)
      .expect(share, [said.conversation_id, acme.member.teamId])
      .toBeRefused("RH404");
    expect(await sees(acme.colleague)).toEqual([0, 0]);
  });
});

describe("one's history", () => {
  test("is found by what was said on either side, and by its title", async () => {
    const find = "select from app.search_conversations($1) where id = $2";
    for (const words of ["ZEPPELIN", "hangar", '"in the hangar"', "zeppelin or balloon"]) {
      await actingAs(acme.member).expect(find, [words, said.conversation_id]).toReach(1);
    }
    await actingAs(acme.member).expect(find, ["balloon", said.conversation_id]).toReach(0);
    await actingAs(acme.member).expect(find, ["zeppelin -hangar", said.conversation_id]).toReach(1);
  });

  test("is nobody else's to be found, not even by whoever may read it", async () => {
    for (const who of [acme.admin, acme.colleague, acme.viewer, globex.member]) {
      await actingAs(who).expect("select from app.search_conversations('zeppelin')").toReach(0);
      expect(await actingAs(who).rows("select context.find_conversations('zeppelin') as ids")).toEqual([
        { ids: [] },
      ]);
    }
  });
});

describe("what somebody thought of an answer", () => {
  const rate =
    "insert into app.message_feedback (message_id, rating, comment) values ($1, 'down', 'Wrong') returning *";

  test("is said once by each, changed and taken back", async () => {
    await actingAs(acme.member).expect(rate, [said.answer_id]).toReach(1);
    await actingAs(acme.member).expect(rate, [said.answer_id]).toBeRefused("23505");
    const change = "update app.message_feedback set rating = 'up' where message_id = $1";
    await actingAs(acme.member).expect(change, [said.answer_id]).toReach(1);
    await actingAs(acme.colleague).expect(change, [said.answer_id]).toReach(0);
    await actingAs(acme.colleague)
      .expect("select from app.message_feedback where message_id = $1", [said.answer_id])
      .toReach(0);
    await actingAs(acme.admin)
      .expect("select from app.message_feedback where message_id = $1", [said.answer_id])
      .toReach(1);
    await actingAs(acme.member)
      .expect("delete from app.message_feedback where message_id = $1", [said.answer_id])
      .toReach(1);
  });

  test("is of an answer that they may read, and of no question", async () => {
    await actingAs(acme.member).expect(rate, [said.question_id]).toBeRefused("RH404");
    for (const other of [acme.colleague, globex.member]) {
      await actingAs(other).expect(rate, [said.answer_id]).toBeRefused("RH404");
    }
    await actingAs(acme.member).expect(share, [said.conversation_id, acme.member.teamId]).toReach(1);
    await actingAs(acme.colleague).expect(rate, [said.answer_id]).toReach(1);
  });
});
