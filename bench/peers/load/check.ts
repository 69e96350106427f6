import { decodeJwt } from "jose";
import type { Caller } from "../callers.ts";
import { NESTED } from "../operations.ts";
import type { Question, Subject } from "./dialects.ts";

/**
 * Whether an answer is the right one: the caller's own rows, all of them, in their order.
 *
 * @throws what is wrong with it
 */
export function check(question: Question, caller: Caller, subject: Subject, rows: unknown): void {
  switch (question) {
    case "read":
    case "key":
      checkConversation(
        rows,
        caller.conversations.find(({ id }) => id === subject.id),
      );
      break;
    case "create":
      checkConversation(rows, { id: null, title: subject.title });
      break;
    case "list":
      checkConversations(rows, caller.conversations);
      break;
    case "nested":
      checkConversations(rows, caller.conversations.slice(0, NESTED));
      for (const { messages } of rows as { messages: unknown }[]) checkMessages(messages, caller);
      break;
    case "refresh":
    case "login":
      checkTokens(rows, caller, subject);
  }
}

function demand(right: boolean, what: string, found: unknown): asserts right {
  if (!right) throw new Error(`${what}: ${JSON.stringify(found)?.slice(0, 500)}`);
}

function checkConversation(found: unknown, expected?: { id: string | null; title: string }): void {
  const row = (found ?? {}) as Record<string, unknown>;
  demand(row.title === expected?.title, `not the conversation "${expected?.title}"`, found);
  demand(expected?.id === null ? isUuid(row.id) : row.id === expected?.id, "not its id", found);
  demand(typeof row.updatedAt === "string" && Date.parse(row.updatedAt) > 0, "no updatedAt", found);
}

function checkConversations(found: unknown, expected: Caller["conversations"]): void {
  demand(Array.isArray(found), "no list", found);
  demand(found.length === expected.length, `not ${expected.length} conversations`, found);
  for (const [n, conversation] of expected.entries()) checkConversation(found[n], conversation);
}

function checkMessages(found: unknown, { tenant }: Caller): void {
  demand(Array.isArray(found), "no list of messages", found);
  demand(found.length === NESTED, `not ${NESTED} messages`, found);
  // The newest first; its number is in what it says.
  for (const [n, { id, role, content }] of found.entries()) {
    demand(isUuid(id) && /^(user|assistant)$/i.test(role), "no message", found[n]);
    demand(content.startsWith(`Message ${NESTED + 4 - n} of ${tenant}: `), "not the message", found[n]);
  }
}

function checkTokens(found: unknown, { tenantId, userId }: Caller, { refreshToken }: Subject): void {
  const tokens = (found ?? {}) as Record<string, unknown>;
  // Better Auth's session is one token, which stays as it is: a login has nothing else, and a refresh a JWT.
  if (typeof tokens.token === "string") {
    const owner = tokens.user ? (tokens.user as { id: unknown }).id : decodeJwt(tokens.token).sub;
    demand(owner === userId, "somebody else's session", found);
    return;
  }
  demand(typeof tokens.access_token === "string", "no access token", found);
  const { sub, tid } = decodeJwt(tokens.access_token);
  demand(sub === userId && tid === tenantId, "somebody else's token", { sub, tid });
  demand(
    typeof tokens.refresh_token === "string" && tokens.refresh_token !== refreshToken,
    "no new refresh token",
    found,
  );
}

function isUuid(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}
