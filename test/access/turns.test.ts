import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";
import { begin, idempotency, turns } from "../support/turns.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
let turn: ReturnType<typeof turns>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  turn = turns(database);
});
afterAll(() => database.drop());

const message = async (id: string | null) =>
  (await database.admin.query("select * from app.messages where id = $1", [id])).rows[0];
const everything = async () =>
  (
    await database.admin.query(
      `select (select count(*) from app.conversations) as conversations, (select count(*) from app.messages) as messages,
         (select count(*) from auth.turns) as turns`,
    )
  ).rows[0];

describe("a turn", () => {
  test("begins a conversation, writes the question and makes room for the answer", async () => {
    const begun = await turn.begin(acme.member, { content: "  What does\nfuel cost? " });
    const [conversation] = await actingAs(acme.member).rows("select * from app.conversations where id = $1", [
      begun.conversation_id,
    ]);
    expect(conversation).toMatchObject({ user_id: acme.member.userId, title: "What does fuel cost?" });
    expect(await message(begun.question_id)).toMatchObject({
      role: "user",
      parent_id: null,
      status: "complete",
    });
    expect(await message(begun.answer_id)).toMatchObject({
      role: "assistant",
      parent_id: begun.question_id,
      status: "streaming",
      content: "",
      turn_id: begun.turn_id,
      generator: "extractive",
    });
    expect(begun.history.map(({ content }) => content)).toEqual(["  What does\nfuel cost? "]);
    expect(begun.asker).toMatchObject({
      company: "The acme company",
      role: "member",
      tone: "neutral",
      language: "en",
    });
  });

  test("hands out what was said before on its branch, newest first, to a number of bytes and of messages", async () => {
    const first = await turn.begin(acme.member, { content: "one" });
    await turn.settle(first, { content: "answer one" });
    const second = await turn.begin(acme.member, { conversation: first.conversation_id, content: "two" });
    await turn.settle(second, { content: "answer two" });
    const third = await turn.begin(acme.member, { conversation: first.conversation_id, content: "three" });
    expect(third.history.map(({ content }) => content)).toEqual([
      "three",
      "answer two",
      "two",
      "answer one",
      "one",
    ]);
    const branch = await turn.begin(acme.member, {
      conversation: first.conversation_id,
      parent: first.answer_id,
      content: "another two",
    });
    expect(branch.history.map(({ content }) => content)).toEqual(["another two", "answer one", "one"]);
    const few = { conversation: first.conversation_id, parent: second.answer_id, content: "x" };
    expect((await turn.begin(acme.member, { ...few, history_messages: 2 })).history).toHaveLength(2);
    expect((await turn.begin(acme.member, { ...few, history_bytes: 13 })).history).toHaveLength(2);
    const anew = { conversation: first.conversation_id, from_start: true, content: "one, again" };
    expect((await turn.begin(acme.member, anew)).history).toHaveLength(1);
  });

  test("answers a question again, beside the answer that failed, without asking it twice", async () => {
    const first = await turn.begin(acme.member, { content: "Is it raining?" });
    await turn.settle(first, { outcome: "failed", content: "", error_code: "provider_unavailable" });
    expect(await message(first.answer_id)).toMatchObject({
      status: "failed",
      error_code: "provider_unavailable",
    });
    const again = await turn.begin(acme.member, {
      conversation: first.conversation_id,
      parent: first.question_id,
    });
    expect(again.question_id).toBe(first.question_id);
    expect(again.answer_id).not.toBe(first.answer_id);
    expect(again.history.map(({ content }) => content)).toEqual(["Is it raining?"]);
  });

  test("is one turn, however often it is sent with one Idempotency-Key", async () => {
    const question = { content: "Once?", idempotency: idempotency("key 1", "Once?") };
    const sent = await Promise.all([1, 2, 3, 4].map(() => turn.begin(acme.member, question)));
    expect(new Set(sent.map(({ turn_id }) => turn_id)).size).toBe(1);
    expect(sent.filter(({ replayed }) => !replayed)).toHaveLength(1);
    const before = await everything();
    await actingAs(acme.member)
      .expect(...begin({ content: "Twice?", idempotency: idempotency("key 1", "Twice?") }))
      .toBeRefused("RH422");
    expect(await everything()).toEqual(before);
    const other = await turn.begin(acme.colleague, question);
    expect(other.replayed).toBe(false);
  });

  test("keeps nothing where nothing is to be kept", async () => {
    const before = await everything();
    const begun = await turn.begin(acme.member, { content: "A secret", keep: false });
    expect(begun).toMatchObject({ conversation_id: null, question_id: null, answer_id: null, history: [] });
    expect(await turn.settle(begun, { content: "Another" })).toBe(true);
    expect(await everything()).toEqual({ ...before, turns: String(Number(before.turns) + 1) });
  });

  test.each([
    ["a conversation of a colleague", () => ({ conversation: acme.colleague.conversationId }), "RH404"],
    ["a conversation next door", () => ({ conversation: globex.member.conversationId }), "RH404"],
    ["a team that one is not in", () => ({ team: globex.member.teamId }), "RH404"],
    [
      "a parent of another conversation",
      () => ({ conversation: acme.member.conversationId, parent: acme.colleague.messageId }),
      "RH430",
    ],
    [
      "a parent that is not there",
      () => ({ conversation: acme.member.conversationId, parent: "00000000-0000-7000-8000-000000000000" }),
      "RH430",
    ],
    ["no words at all", () => ({ content: " \u200b" }), "RH406"],
    ["parts of an unknown kind", () => ({ parts: [{ type: "script" }] }), "23514"],
  ])("is refused with %s, and nothing is written", async (_, question, code) => {
    const before = await everything();
    await actingAs(acme.member)
      .expect(...begin({ content: "x", ...question() }))
      .toBeRefused(code);
    expect(await everything()).toEqual(before);
  });

  test("is refused to whoever lacks the permission, and outside the door", async () => {
    const before = await everything();
    await actingAs(acme.viewer)
      .expect(...begin({ content: "x" }))
      .toBeRefused("RH403", "chat");
    await actingAs(null)
      .expect(...begin({ content: "x" }))
      .toBeRefused("RH403");
    expect(await everything()).toEqual(before);
  });

  test("is refused in an archived conversation, also to answer again", async () => {
    const begun = await turn.begin(acme.member, { content: "Before" });
    await turn.settle(begun, { content: "After" });
    const archive = "update app.conversations set status = 'archived' where id = $1";
    await actingAs(acme.member).expect(archive, [begun.conversation_id]).toReach(1);
    const before = await everything();
    for (const question of [{ content: "More" }, { parent: begun.question_id }]) {
      await actingAs(acme.member)
        .expect(...begin({ conversation: begun.conversation_id, ...question }))
        .toBeRefused("RH410");
    }
    expect(await everything()).toEqual(before);
  });
});

describe("a settlement", () => {
  test("writes the answer and its figures once", async () => {
    const begun = await turn.begin(acme.member, { content: "Tell me" });
    const end = {
      content: "There it is.",
      parts: [{ type: "text", text: "There it is." }],
      usage: { inputTokens: 12, outputTokens: 5, firstTokenMs: 3, totalMs: 9 },
      provenance: { sources: [], promptHash: "ab" },
      finish_reason: "stop",
    };
    expect(await turn.settle(begun, end)).toBe(true);
    expect(await turn.settle(begun, { ...end, content: "Something else" })).toBe(false);
    expect(await message(begun.answer_id)).toMatchObject({
      status: "complete",
      content: "There it is.",
      finish_reason: "stop",
      provenance: { promptHash: "ab" },
    });
    const { rows } = await database.admin.query("select * from app.usage_events where turn_id = $1", [
      begun.turn_id,
    ]);
    expect(rows).toMatchObject([
      { input_tokens: 12, output_tokens: 5, cost_micros: "0", outcome: "complete" },
    ]);
  });

  test("takes the secret of its turn and no other", async () => {
    const begun = await turn.begin(acme.member, { content: "Tell me" });
    const other = await turn.begin(acme.member, { content: "Tell me more" });
    await expect(turn.settle(begun, {}, randomBytes(32))).rejects.toMatchObject({ code: "RH404" });
    await expect(
      turn.settle({ ...begun, turn_id: other.turn_id }, {}, randomBytes(32)),
    ).rejects.toMatchObject({
      code: "RH404",
    });
    expect(await message(begun.answer_id)).toMatchObject({ status: "streaming" });
  });

  test("is nothing that a caller can make", async () => {
    for (const sql of [
      "select auth.settle_turn($1, $1, '', 'complete')",
      "select context.ask(null, $1, 'x', null, null, true, 'model', 'x')",
      "select context.curated_answer($1, 'x', $1, true, '{}')",
      "select context.may_be_told('{}', $1, $1, true, '{}')",
      "select context.length_of_line($1, $1, $1)",
      "select context.reserve($1, null, null, null, 'x', 0)",
      "select context.release(array[$1::uuid], array[$1::uuid], '{1}', '{1}')",
      "select from auth.turns where id = $1",
      "update app.messages set content = 'x' where id = $1",
      "insert into app.messages (conversation_id, content, status) values ($1, '', 'streaming')",
    ]) {
      await actingAs(acme.owner).expect(sql, [acme.tenantId]).toBeRefused("42501");
    }
  });

  test("stores what was said when the credential died in the middle, in the name of whoever asked", async () => {
    const begun = await turn.begin(acme.colleague, { content: "Go on" });
    await database.admin.query("update app.users set status = 'banned' where id = $1", [
      acme.colleague.userId,
    ]);
    try {
      expect(await turn.watch(begun)).toEqual({ [begun.turn_id]: "user_banned" });
      expect(await turn.settle(begun, { outcome: "stopped", content: "As I was say" })).toBe(true);
      expect(await message(begun.answer_id)).toMatchObject({ status: "stopped", content: "As I was say" });
      const { rows } = await database.admin.query(
        "select actor_id from audit.events where table_name = 'app.messages' and action = 'update' and row_key ->> 'id' = $1",
        [begun.answer_id],
      );
      expect(rows).toEqual([{ actor_id: acme.colleague.userId }]);
    } finally {
      await database.admin.query("update app.users set status = 'active' where id = $1", [
        acme.colleague.userId,
      ]);
    }
  });
});

describe("a turn under way", () => {
  const faults: [string, string, string, string][] = [
    [
      "a sign-out",
      "update auth.sessions set ended_at = now(), end_reason = 'logout' where user_id = $1",
      "update auth.sessions set ended_at = null, end_reason = null where user_id = $1",
      "ended",
    ],
    [
      "a removed membership",
      "update app.memberships set status = 'suspended' where user_id = $1",
      "update app.memberships set status = 'active' where user_id = $1",
      "membership_suspended",
    ],
    [
      "a role without the permission",
      `update app.memberships set role_id = (select id from app.roles where name = 'viewer' and tenant_id = memberships.tenant_id) where user_id = $1`,
      `update app.memberships set role_id = (select id from app.roles where name = 'member' and tenant_id = memberships.tenant_id) where user_id = $1`,
      "chat",
    ],
    [
      "a suspended tenant",
      "update app.tenants set status = 'suspended' where id = (select tenant_id from app.memberships where user_id = $1)",
      "update app.tenants set status = 'active' where id = (select tenant_id from app.memberships where user_id = $1)",
      "tenant_suspended",
    ],
  ];
  test.each(faults)("must end with %s, and no other", async (_, happen, undo, reason) => {
    const mine = await turn.begin(acme.member, { content: "Mine" });
    const other = await turn.begin(globex.member, { content: "Another" });
    expect(await turn.watch(mine, other)).toEqual({});
    await database.admin.query(happen, [acme.member.userId]);
    try {
      expect(await turn.watch(mine, other)).toEqual({ [mine.turn_id]: reason });
    } finally {
      await database.admin.query(undo, [acme.member.userId]);
    }
    expect(await turn.watch(mine, other)).toEqual({});
  });

  test("of a key must end when the key is revoked", async () => {
    const keyed = { digest: createHash("sha256").update("turn key").digest() };
    await database.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'Turns', sha256($3), '{chat}')`,
      [acme.tenantId, acme.member.userId, keyed.digest],
    );
    const begun = await turn.begin(keyed, { content: "By key" });
    expect(await turn.watch(begun)).toEqual({});
    await database.admin.query("update auth.api_keys set revoked_at = now() where name = 'Turns'");
    expect(await turn.watch(begun)).toEqual({ [begun.turn_id]: "revoked" });
  });

  test("is stopped by whoever asked, from any device of theirs, and by nobody else", async () => {
    const older = await turn.begin(acme.member, { content: "Older" });
    await turn.settle(older, { content: "Done" });
    const newer = await turn.begin(acme.member, { conversation: older.conversation_id, content: "Newer" });
    const stop = "select context.stop_turn($1) as running";
    expect(await actingAs(acme.member).rows(stop, [older.turn_id])).toEqual([{ running: false }]);
    expect(await turn.watch(newer)).toEqual({});
    for (const other of [acme.colleague, acme.owner, globex.member]) {
      await actingAs(other).expect(stop, [newer.turn_id]).toBeRefused("RH404");
    }
    expect(await actingAs(acme.member).rows(stop, [newer.turn_id])).toEqual([{ running: true }]);
    expect(await turn.watch(older, newer)).toEqual({ [newer.turn_id]: "stopped" });
    await turn.settle(newer, { outcome: "stopped", content: "What was said unt" });
    expect(await message(newer.answer_id)).toMatchObject({ status: "stopped", content: "What was said unt" });
  });

  test("goes on when its conversation is deleted, for as long as it takes to see it, and is settled", async () => {
    const begun = await turn.begin(acme.member, { content: "Gone soon" });
    await actingAs(acme.member)
      .expect("delete from app.conversations where id = $1", [begun.conversation_id])
      .toReach(1);
    expect(await turn.watch(begun)).toEqual({ [begun.turn_id]: "conversation" });
    expect(await turn.settle(begun, { outcome: "stopped", content: "x" })).toBe(true);
  });

  test("of a dead process is given up, can be answered again, and still counts if it was only slow", async () => {
    const begun = await turn.begin(acme.member, { content: "Hello?" });
    await database.admin.query(
      "update auth.turns set lease_until = now() - interval '1 second' where id = $1",
      [begun.turn_id],
    );
    expect((await database.worker.query("select jobs.sweep_holds() as count")).rows).toEqual([{ count: 1 }]);
    expect(await message(begun.answer_id)).toMatchObject({ status: "failed", error_code: "interrupted" });
    expect(await turn.watch(begun)).toEqual({ [begun.turn_id]: "lost" });
    const again = { conversation: begun.conversation_id, parent: begun.question_id };
    expect((await turn.begin(acme.member, again)).replayed).toBe(false);
    expect(await turn.settle(begun, { content: "I was asleep" })).toBe(true);
    expect(await message(begun.answer_id)).toMatchObject({ status: "complete", error_code: null });
  });
});
