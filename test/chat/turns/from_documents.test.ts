import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Chat, startChat } from "../../support/chatting.ts";
import type { TenantMember } from "../../support/tenants.ts";

// The canary: what one document says and no other.
const CANARY = "zanzibar";

/** A document of the tenant's, read already, of one passage. */
async function bring(
  chat: Chat,
  whose: TenantMember,
  visibility: string,
  title: string,
  content: string,
): Promise<void> {
  await chat.database.admin.query(
    `with document as (
       insert into app.documents (tenant_id, user_id, visibility, title, media_type, version, language, status, due_at)
       values ($1, $2, $3, $4, 'text/plain', 1, 'en', 'ready', null) returning *
     )
     insert into app.document_chunks (tenant_id, document_id, version, attempt, ordinal, live, starts_at, ends_at, language,
       content, visibility, user_id, sha256, search)
     select tenant_id, id, 1, 1, 0, true, 0, length($5), 'en', $5, visibility, user_id,
       repeat('0', 64), '' from document`,
    [whose.tenantId, whose.userId, visibility, title, content],
  );
}

describe.each([
  ["without a provider", null],
  ["with a model", "ok"],
])("an answer %s", (_, model) => {
  let chat: Chat;
  beforeAll(async () => {
    chat = await startChat(model);
    chat.provider.reply = ({ question }) =>
      question.includes(CANARY) ? "The word is zanzibar [1]." : "I do not know.";
    await bring(
      chat,
      chat.acme.admin,
      "tenant",
      "House rules",
      `The password of the cellar is ${CANARY}. Tea is at four.`,
    );
  });
  afterAll(() => chat.close());

  const ask = async (who: TenantMember, content = "What is the password of the cellar?") =>
    (await chat.server.post("/chat", { content, stream: false }, await chat.headersOf(who))).body;

  test("rests on the company's documents and cites them", async () => {
    const answer = await ask(chat.acme.member);
    expect(answer.content).toContain(CANARY);
    expect(answer.generator).toBe(model === null ? "extractive" : "model");
    expect(answer.citations).toMatchObject([{ number: 1, title: "House rules" }]);
    const { rows } = await chat.database.admin.query(
      "select provenance, parts from app.messages where id = $1",
      [answer.messageId],
    );
    expect(rows[0].provenance).toMatchObject({
      sources: [
        {
          id: answer.citations[0].passageId,
          version: 1,
          rank: 1,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ],
      cited: [answer.citations[0].passageId],
    });
    expect(rows[0].parts).toMatchObject([{ type: "data-citation" }]);
  });

  test("comes as source-document parts to the AI SDK's client", async () => {
    const { message } = await chat.ask(
      await chat.headersOf(chat.acme.member),
      "What is the password of the cellar?",
    );
    expect(message.parts.filter(({ type }) => type === "source-document")).toMatchObject([
      { title: "House rules" },
    ]);
  });

  test("to a neighbour's user who asks the same has nothing of it", async () => {
    const answer = await ask(chat.globex.member);
    expect(answer.content).not.toContain(CANARY);
    expect(answer.citations).toEqual([]);
    const told = chat.provider.requests.at(-1);
    if (model !== null) expect(JSON.stringify(told!.body)).not.toContain(CANARY);
  });

  test("costs nothing where there is no model, and says so", async () => {
    const { usage } = await ask(chat.acme.member);
    if (model === null) expect(usage).toMatchObject({ inputTokens: 0, outputTokens: 0, estimated: false });
    else expect(usage.inputTokens).toBeGreaterThan(0);
  });
});
