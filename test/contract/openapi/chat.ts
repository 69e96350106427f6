import { metadataIn, openStream } from "../../support/chatting.ts";
import { signUp } from "../../support/people.ts";
import type { Answer } from "../../support/server.ts";
import {
  type Examples,
  type Headers,
  type Street,
  someone,
  someoneAfter,
  withBadSessions,
} from "./street.ts";

const conversation = "00000000-0000-4000-8000-000000000000";
const json = { stream: false };

const ask = ({ server }: Street, headers: Headers, body: object = {}): Promise<Answer> =>
  server.post("/chat", { content: "When is tea?", ...json, ...body }, headers);
const follow = ({ server }: Street, headers: Headers, id = conversation): Promise<Answer> =>
  server.get(`/chat/${id}/stream`, headers);
const stop = (
  { server }: Street,
  headers: Headers,
  id = conversation,
  turnId = conversation,
): Promise<Answer> => server.post(`/chat/${id}/stop`, { turnId }, headers);

const take = ({ server }: Street, headers: Headers, id = conversation): Promise<Answer> =>
  server.get(`/chat/${id}/export`, headers);

/** Asks until the day of a company is used up, of which a process hears within a second or so. */
async function untilTheDayIsOver(
  street: Street,
  call: (street: Street, headers: Headers) => Promise<Answer>,
): Promise<Answer> {
  const tenant = { name: "Small", slug: `small-${crypto.randomUUID().slice(0, 8)}` };
  const { headers, login } = await signUp(street.server, { tenant });
  await street.database.admin.query("update app.tenants set requests_per_day = 1 where id = $1", [
    login.tenant!.id,
  ]);
  for (;;) {
    const answer = await call(street, headers);
    if (answer.status === 429) return answer;
  }
}

/** As somebody whose role lost the permission `chat`. */
const withoutChat = (street: Street) =>
  someoneAfter(
    street,
    "update app.roles set permissions = array_remove(permissions, 'chat') where tenant_id = $tenant",
  );

export const CHAT_REFUSALS: Examples = {
  ...withBadSessions("post /chat", (street, headers) => ask(street, headers)),
  ...withBadSessions("get /chat/:id/stream", (street, headers) => follow(street, headers)),
  ...withBadSessions("post /chat/:id/stop", (street, headers) => stop(street, headers)),
  ...withBadSessions("get /chat/:id/export", (street, headers) => take(street, headers)),
  "get /chat/:id/export daily_limit_reached": (_, street) => untilTheDayIsOver(street, take),
  "get /chat/:id/export not_found": async (_, street) => take(street, (await someone(street)).headers),
  "get /chat/:id/export invalid_input": async (_, street) =>
    street.server.get(`/chat/${conversation}/export?format=pdf`, (await someone(street)).headers),
  "post /chat body_too_large": async (_, street) =>
    street.server.post("/chat", { content: "x".repeat(2 ** 21) }),
  "post /chat daily_limit_reached": (_, street) => untilTheDayIsOver(street, ask),
  "get /chat/:id/stream daily_limit_reached": (_, street) => untilTheDayIsOver(street, follow),
  "post /chat/:id/stop daily_limit_reached": (_, street) => untilTheDayIsOver(street, stop),
  "post /chat not_found": async (_, street) =>
    ask(street, (await someone(street)).headers, { conversationId: conversation }),
  "get /chat/:id/stream not_found": async (_, street) => follow(street, (await someone(street)).headers),
  "post /chat/:id/stop not_found": async (_, street) => stop(street, (await someone(street)).headers),
  "post /chat permission_denied": async (_, street) => ask(street, (await withoutChat(street)).headers),
  "post /chat/:id/stop permission_denied": async (_, street) =>
    stop(street, (await withoutChat(street)).headers),
  "post /chat message_blank": async (_, street) =>
    ask(street, (await someone(street)).headers, { content: " " }),
  "post /chat parent_unknown": async (_, street) =>
    ask(street, (await someone(street)).headers, { parentId: conversation }),
  "post /chat conversation_archived": async (_, street) => {
    const { headers } = await someone(street);
    const { body } = await ask(street, headers);
    await street.database.admin.query("update app.conversations set status = 'archived' where id = $1", [
      body.conversationId,
    ]);
    return ask(street, headers, { conversationId: body.conversationId });
  },
  "post /chat idempotency_key_invalid": async (_, street) =>
    ask(street, { ...(await someone(street)).headers, "Idempotency-Key": '"' }),
  "post /chat idempotency_key_reused": async (_, street) => {
    const headers = { ...(await someone(street)).headers, "Idempotency-Key": "once" };
    await ask(street, headers);
    return ask(street, headers, { content: "Something else" });
  },
};

export const CHAT_SUCCESSES: Examples = {
  "post /chat 200": async (_, street) => ask(street, (await someone(street)).headers),
  "get /chat/:id/stream 200": async (_, street) => {
    const { headers } = await someone(street);
    const asked = await openStream(`${street.server.url}/chat`, {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json" },
      body: JSON.stringify({ content: "When is tea?", model: "stall" }),
    });
    await asked.says("text-delta");
    const { conversationId, turnId } = metadataIn(asked.said());
    const followed = follow(street, headers, conversationId);
    await street.server.get("/healthz");
    await stop(street, headers, conversationId, turnId);
    return followed;
  },
  "get /chat/:id/stream 204": async (_, street) => {
    const { headers } = await someone(street);
    const { body } = await ask(street, headers);
    return follow(street, headers, body.conversationId);
  },
  "get /chat/:id/export 200": async (_, street) => {
    const { headers } = await someone(street);
    const { body } = await ask(street, headers);
    return take(street, headers, body.conversationId);
  },
  "post /chat/:id/stop 200": async (_, street) => {
    const { headers } = await someone(street);
    const { body } = await ask(street, headers);
    return stop(street, headers, body.conversationId, body.turnId);
  },
};
