import { type DocumentNode, getOperationAST } from "postgraphile/graphql";
import { rootFieldsOf } from "./root_fields.ts";

/** What a request of GraphQL asked for, in names of the schema but for its own. */
export interface Operation {
  readonly kind: "query" | "mutation" | "subscription";
  /** What the client calls it, if anything: a name of GraphQL's, of letters, digits and underscores. */
  readonly name: string | null;
  /** The fields at its root. */
  readonly fields: readonly string[];
  /** It changes more than what people change of their own all day. */
  readonly privileged: boolean;
}

/** Characters of a name that are told on: it is the client's to choose. */
const LONGEST_NAME = 64;

/** What is asked for by a document that is good; null where it has no such operation. */
export function operationOf(
  document: DocumentNode,
  operationName: string | null | undefined,
): Operation | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  const fields = rootFieldsOf(document, operationName);
  return {
    kind: operation.operation,
    name: operation.name?.value.slice(0, LONGEST_NAME) ?? null,
    fields,
    privileged: operation.operation === "mutation" && !fields.every((field) => DAILY.has(field)),
  };
}

/**
 * What people change all day: their chats, what they think of an answer, what is remembered of them, how they like to be
 * answered. Every other mutation, of the application's tables too, counts as privileged.
 */
export const DAILY: ReadonlySet<string> = new Set([
  "createConversation",
  "updateConversation",
  "deleteConversation",
  "discardConversation",
  "restoreConversation",
  "shareConversation",
  "createMessage",
  "createMessageFeedback",
  "updateMessageFeedback",
  "deleteMessageFeedback",
  "createShareLink",
  "openShareLink",
  "revokeShareLink",
  "createMemory",
  "updateMemory",
  "deleteMemory",
  "forgetMemories",
  "setMyPreferences",
  "deleteMyPreferences",
  "useProfile",
]);
