import {
  AbstractChat,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  type UIMessage,
} from "ai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { uiParts } from "../../../src/chat/stream/ui_message_stream.ts";
import { storedEvents } from "../../../src/chat/turns/stored_events.ts";
import { readAll } from "../../support/answers.ts";
import { type Chat, type Headers, openStream, startChat, textOf } from "../../support/chatting.ts";
import { createMember, createTenant, type Member, type Tenant } from "../../support/people.ts";
import { addTool, identityIn, say, startToolApi, type ToolApi } from "../../support/tools.ts";

let chat: Chat;
let api: ToolApi;
let tenant: Tenant;
let person: Member;
let toolId: string;

beforeAll(async () => {
  chat = await startChat("ok", { TOOL_INTERNAL: "on" });
  api = await startToolApi();
});
beforeEach(async () => {
  tenant = await createTenant(chat.database);
  person = await createMember(chat.database, { tenant, role: "member" });
  ({ toolId } = await addTool(chat.database.admin, tenant.tenantId, {
    url: api.url,
    server: "shop",
    name: "order",
    description: "Orders something.",
    path: "/orders",
    approval: "always",
    inputSchema: { type: "object", properties: { what: { type: "string" } }, required: ["what"] },
  }));
  api.requests.length = 0;
  api.answer = (_, response) => say(response, { order: 17 });
  chat.provider.requests.length = 0;
  chat.provider.reply = () => "It is ordered.";
  chat.provider.wants = ({ body }) =>
    body.tools && !body.messages.some(({ role }: { role: string }) => role === "tool")
      ? [{ name: "shop_order", input: { what: "tea" } }]
      : [];
});
afterAll(async () => {
  await chat.close();
  await api.close();
});

/** The AI SDK's chat as a component of a page has it, but that its state is here. */
class Page extends AbstractChat<UIMessage> {
  constructor(headers: Headers, id: string, messages: UIMessage[] = []) {
    const state = {
      status: "ready" as const,
      error: undefined,
      messages,
      pushMessage: (message: UIMessage) => void state.messages.push(message),
      popMessage: () => void state.messages.pop(),
      replaceMessage: (at: number, message: UIMessage) => {
        state.messages[at] = message;
      },
      snapshot: <T>(thing: T): T => structuredClone(thing),
    };
    super({
      id,
      state,
      transport: new DefaultChatTransport({ api: `${chat.server.url}/chat`, headers }),
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    });
  }
  get last(): UIMessage {
    return this.messages.at(-1)!;
  }
  get call() {
    const part = this.last.parts.find(({ type }) => type === "dynamic-tool");
    if (part?.type !== "dynamic-tool") throw new Error("no tool was called");
    return part;
  }
}

const question = { content: "Order tea, please.", stream: false };
const post = async (body: object, who: Pick<Member, "userId" | "handle" | "tenantId"> = person) =>
  chat.server.post("/chat", body, await chat.headersOf(who));
const decide = (approvals: object[], who?: Member) => post({ approvals, stream: false }, who);
const waits = async () => (await post(question)).body;
const messages = async () =>
  (
    await chat.database.admin.query(
      "select id, content, status, parts, finish_reason, turn_id from app.messages where tenant_id = $1 and role = 'assistant'",
      [tenant.tenantId],
    )
  ).rows;
const trail = async () =>
  (
    await chat.database.admin.query(
      "select detail from audit.events where tenant_id = $1 and action = 'chat.tool_called' order by at",
      [tenant.tenantId],
    )
  ).rows.map(({ detail }) => detail);

describe("with the AI SDK", () => {
  const open = async () => {
    const page = new Page(await chat.headersOf(person), "a-page");
    await page.sendMessage({ text: "Order tea, please." });
    return page;
  };

  test("the answer waits for a word, and a yes has it go on", async () => {
    const page = await open();
    expect(page.call).toMatchObject({
      toolName: "shop_order",
      state: "approval-requested",
      input: { what: "tea" },
    });
    expect(api.requests).toHaveLength(0);
    const [stored] = await messages();
    expect(stored).toMatchObject({
      status: "complete",
      finish_reason: "tool-calls",
      parts: [{ state: "approval-requested", approval: { id: page.call.approval!.id } }],
    });

    await page.addToolApprovalResponse({ id: page.call.approval!.id, approved: true });
    await expect.poll(() => page.status).toBe("ready");
    expect(textOf(page.last)).toBe("It is ordered.");
    expect(page.messages).toHaveLength(2);
    expect(page.error).toBeUndefined();
    expect(page.call).toMatchObject({ state: "output-available", output: '{"order":17}' });
    expect(api.requests).toMatchObject([{ url: "/orders", body: '{"what":"tea"}' }]);
    expect(await identityIn(chat.server, api.requests[0]!.headers, api.url)).toMatchObject({
      sub: person.userId,
    });
    const after = await messages();
    expect(after).toMatchObject([
      {
        id: stored.id,
        content: "It is ordered.",
        status: "complete",
        finish_reason: "stop",
        parts: [{ state: "output-available", approval: { approved: true } }],
      },
    ]);
    expect(after[0].turn_id).not.toBe(stored.turn_id);
    expect(await trail()).toMatchObject([{ tool: toolId, outcome: "ok", approval: "given" }]);
    // The model is told of its own call, and of what came of it.
    const [, , called, result] = chat.provider.requests[1]!.body.messages.slice(-4);
    expect(called).toMatchObject({ role: "assistant", tool_calls: [{ function: { name: "shop_order" } }] });
    expect(result).toMatchObject({ role: "tool", content: expect.stringContaining('{"order":17}') });
  });

  test("a no is told to the model, and nothing is called", async () => {
    const page = await open();
    chat.provider.reply = () => "Then not.";
    await page.addToolApprovalResponse({ id: page.call.approval!.id, approved: false, reason: "Too dear" });
    await expect.poll(() => page.status).toBe("ready");
    expect(textOf(page.last)).toBe("Then not.");
    expect(page.call).toMatchObject({ state: "output-denied", approval: { approved: false } });
    expect(api.requests).toHaveLength(0);
    expect(chat.provider.requests[1]!.body.messages.at(-1).content).toMatch(/said no.*Too dear/s);
    expect(await trail()).toMatchObject([{ outcome: "denied", approval: "denied" }]);
  });

  test("what a page says was to be called is not looked at", async () => {
    const page = await open();
    const forged = structuredClone(page.messages);
    const call = forged[1]!.parts.find(({ type }) => type === "dynamic-tool") as Record<string, unknown>;
    Object.assign(call, {
      toolName: "shop_refund",
      toolCallId: "another",
      input: { what: "everything" },
      state: "approval-responded",
      approval: { id: page.call.approval!.id, approved: true },
    });
    const { status } = await post({ id: "a-page", messages: forged, stream: false });
    expect(status).toBe(200);
    expect(api.requests).toMatchObject([{ url: "/orders", body: '{"what":"tea"}' }]);
  });
});

test("as JSON, the answer says what waits, and approvals are sent with the next call", async () => {
  const waiting = await waits();
  expect(waiting).toMatchObject({
    status: "complete",
    finishReason: "tool-calls",
    approvals: [{ tool: "shop_order", input: { what: "tea" } }],
  });
  const { body, status } = await post({
    conversationId: waiting.conversationId,
    approvals: [{ id: waiting.approvals[0].id, approved: true, reason: "Fine" }],
    stream: false,
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    conversationId: waiting.conversationId,
    messageId: waiting.messageId,
    questionId: waiting.questionId,
    content: "It is ordered.",
    approvals: [],
  });
});

test("tools that ask nobody are called at once, beside one that waits, and keep what they said", async () => {
  await addTool(chat.database.admin, tenant.tenantId, {
    url: api.url,
    server: "shop",
    name: "stock",
    path: "/stock",
  });
  chat.provider.wants = ({ body }) =>
    body.messages.some(({ role }: { role: string }) => role === "tool")
      ? []
      : [
          { name: "shop_stock", input: { city: "Oslo" } },
          { name: "shop_order", input: { what: "tea" } },
        ];
  const waiting = await waits();
  expect(api.requests.map(({ url }) => url)).toEqual(["/stock"]);
  const { body } = await decide([{ id: waiting.approvals[0].id, approved: true }]);
  expect(body.content).toBe("It is ordered.");
  expect(api.requests.map(({ url }) => url)).toEqual(["/stock", "/orders"]);
  const told = chat.provider.requests.at(-1)!.body.messages;
  expect(told.filter(({ role }: { role: string }) => role === "tool")).toHaveLength(2);
});

describe("a word is taken once, of whoever asked, and for what they were asked", () => {
  const unchanged = async (
    code: string,
    status: number,
    answer: { status: number; body: { code: string } },
  ) => {
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(api.requests).toHaveLength(0);
    expect((await messages())[0]).toMatchObject({ status: "complete", finish_reason: "tool-calls" });
  };

  test("not twice, and not twice at once", async () => {
    const waiting = await waits();
    const yes = [{ id: waiting.approvals[0].id, approved: true }];
    const both = await Promise.all([decide(yes), decide(yes)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(api.requests).toHaveLength(1);
    const again = await decide(yes);
    expect([again.status, again.body.code]).toEqual([409, "approval_given"]);
    expect(api.requests).toHaveLength(1);
  });

  test("not of a colleague, of their administrator, of another company, nor of nobody", async () => {
    const waiting = await waits();
    const yes = [{ id: waiting.approvals[0].id, approved: true }];
    const others = [
      await createMember(chat.database, { tenant, role: "member" }),
      await createMember(chat.database, { tenant, role: "admin" }),
      chat.globex.admin,
    ];
    for (const other of others) await unchanged("not_found", 404, await decide(yes, other));
    await unchanged("not_found", 404, await decide([{ id: waiting.turnId, approved: true }]));
    const { status } = await chat.server.post("/chat", { approvals: yes, stream: false });
    expect(status).toBe(401);
  });

  test("not with another of one's conversations", async () => {
    const waiting = await waits();
    const other = await waits();
    const answer = await post({
      conversationId: other.conversationId,
      approvals: [{ id: waiting.approvals[0].id, approved: true }],
      stream: false,
    });
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
    const mixed = await decide([
      { id: waiting.approvals[0].id, approved: true },
      { id: other.approvals[0].id, approved: true },
    ]);
    expect([mixed.status, mixed.body.code]).toEqual([404, "not_found"]);
    expect(api.requests).toHaveLength(0);
  });

  test("not after a day", async () => {
    const waiting = await waits();
    await chat.database.admin.query("update auth.tool_approvals set expires_at = now() where id = $1", [
      waiting.approvals[0].id,
    ]);
    await unchanged("approval_expired", 409, await decide([{ id: waiting.approvals[0].id, approved: true }]));
  });

  test.each([
    ["changed", "update app.tools set path = '/refunds' where id = $1"],
    ["described otherwise", "update app.tools set description = 'Orders nothing.' where id = $1"],
    ["switched off", "update app.tools set active = false where id = $1"],
    ["removed", "delete from app.tools where id = $1"],
    [
      "of a server that is off",
      "update app.tool_servers set active = false where id = (select server_id from app.tools where id = $1)",
    ],
  ])("not for a tool that is %s by now; but no can be said", async (_, change) => {
    const waiting = await waits();
    await chat.database.admin.query(change, [toolId]);
    await unchanged("tool_changed", 409, await decide([{ id: waiting.approvals[0].id, approved: true }]));
    const denied = await decide([{ id: waiting.approvals[0].id, approved: false }]);
    expect([denied.status, denied.body.content]).toEqual([200, "It is ordered."]);
    expect(api.requests).toHaveLength(0);
  });

  test("nobody is asked about a call that could not be made, nor about more than eight at a time", async () => {
    chat.provider.wants = ({ body }) =>
      body.messages.some(({ role }: { role: string }) => role === "tool")
        ? []
        : [
            { name: "shop_order", input: { what: 7 } },
            ...Array.from({ length: 10 }, (_, at) => ({ name: "shop_order", input: { what: `tea ${at}` } })),
          ];
    const { approvals } = await waits();
    expect(approvals.map(({ input }: { input: { what: string } }) => input.what)).toEqual(
      Array.from({ length: 8 }, (_, at) => `tea ${at}`),
    );
    const { status } = await decide(approvals.map(({ id }: { id: string }) => ({ id, approved: true })));
    expect(status).toBe(200);
    const told = chat.provider.requests
      .at(-1)!
      .body.messages.filter(({ role }: { role: string }) => role === "tool");
    expect(told).toHaveLength(11);
    expect(told[0].content).toMatch(/does not fit the schema/);
    expect(told[10].content).toMatch(/more than a person is asked about/);
  });

  test("not one of two, and not one twice", async () => {
    chat.provider.wants = ({ body }) =>
      body.messages.some(({ role }: { role: string }) => role === "tool")
        ? []
        : [
            { name: "shop_order", input: { what: "tea" } },
            { name: "shop_order", input: { what: "milk" } },
          ];
    const { approvals } = await waits();
    expect(approvals).toHaveLength(2);
    const yes = approvals.map(({ id }: { id: string }) => ({ id, approved: true }));
    await unchanged("invalid_input", 400, await decide([yes[0]]));
    await unchanged("invalid_input", 400, await decide([yes[0], yes[1], yes[1]]));
    const { status } = await decide([yes[0], { ...yes[1], approved: false }]);
    expect(status).toBe(200);
    expect(api.requests.map(({ body }) => body)).toEqual(['{"what":"tea"}']);
  });

  test("not in a conversation that is archived, or in the bin", async () => {
    const waiting = await waits();
    const yes = [{ id: waiting.approvals[0].id, approved: true }];
    const set = (sql: string) =>
      chat.database.admin.query(`update app.conversations set ${sql} where id = $1`, [
        waiting.conversationId,
      ]);
    await set("status = 'archived'");
    await unchanged("conversation_archived", 409, await decide(yes));
    await set("status = 'open'");
    await chat.database.admin.query("update app.messages set deleted_at = now() where conversation_id = $1", [
      waiting.conversationId,
    ]);
    await unchanged("not_found", 404, await decide(yes));
  });

  test("not by somebody who may chat no more", async () => {
    const waiting = await waits();
    await chat.database.admin.query(
      "update app.roles set permissions = array_remove(permissions, 'chat') where tenant_id = $1",
      [tenant.tenantId],
    );
    await unchanged(
      "permission_denied",
      403,
      await decide([{ id: waiting.approvals[0].id, approved: true }]),
    );
  });

  test("not where it is no list of ids and words", async () => {
    for (const approvals of [
      [],
      [{ id: "x", approved: true }],
      [{ id: toolId }],
      "yes",
      [{ id: toolId, approved: "yes" }],
    ])
      expect((await post({ approvals, stream: false })).status).toBe(400);
    expect((await post({ approvals: [{ id: toolId, approved: true }], temporary: true })).status).toBe(400);
  });
});

test("with an Idempotency-Key a yes that is sent twice is one", async () => {
  const waiting = await waits();
  const headers = { ...(await chat.headersOf(person)), "Idempotency-Key": `yes-${waiting.turnId}` };
  const body = { approvals: [{ id: waiting.approvals[0].id, approved: true }], stream: false };
  const first = await chat.server.post("/chat", body, headers);
  const second = await chat.server.post("/chat", body, headers);
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.headers.get("Idempotency-Replayed")).toBe("true");
  expect(second.body.content).toBe("It is ordered.");
  expect(api.requests).toHaveLength(1);
});

test("another tab follows an answer that goes on, byte for byte", async () => {
  const waiting = await waits();
  const { promise: go, resolve } = Promise.withResolvers<void>();
  api.answer = async (_, response) => {
    await go;
    say(response, { order: 17 });
  };
  const headers = { ...(await chat.headersOf(person)), "Content-Type": "application/json" };
  const body = JSON.stringify({ approvals: [{ id: waiting.approvals[0].id, approved: true }] });
  const first = await openStream(`${chat.server.url}/chat`, { method: "POST", headers, body });
  await first.says("tool-approval-response");
  const second = await openStream(`${chat.server.url}/chat/${waiting.conversationId}/stream`, { headers });
  resolve();
  expect(await second.ended()).toBe(await first.ended());
  expect(first.said()).toContain(`"delta":" ordered."`);
  expect(api.requests).toHaveLength(1);
});

test("what is stored of an answer that waits is told again as it was", async () => {
  await waits();
  const [{ content, parts, status, finish_reason }] = await messages();
  const events = storedEvents({ content, parts, status, finish_reason, error_code: null });
  const told = (await readAll(uiParts(events, { messageId: "m" }))).map(({ type }) => type);
  expect(told).toEqual([
    ...["start", "start-step", "tool-input-start", "tool-input-delta", "tool-input-available"],
    ...["tool-approval-request", "finish-step", "finish"],
  ]);
});

test("an answer that waits can be asked anew, and what waited waits for nobody", async () => {
  const waiting = await waits();
  const again = await post({
    conversationId: waiting.conversationId,
    parentId: waiting.questionId,
    stream: false,
  });
  expect(again.status).toBe(200);
  expect(again.body.messageId).not.toBe(waiting.messageId);
  expect(again.body.approvals).toHaveLength(1);
});
