import { type Caller, PASSWORD } from "../callers.ts";
import { NESTED, PAGE } from "../operations.ts";
import type { Request } from "./connection.ts";

/** A single thing that is asked; `mixed` is made of two. */
export type Question = "read" | "list" | "nested" | "create" | "refresh" | "login" | "key";

/** What a question is about, beside who asks. */
export interface Subject {
  /** The conversation that is read. */
  readonly id: string;
  /** The title of the one that is created. */
  readonly title: string;
  readonly refreshToken: string;
  readonly accessToken: string;
  readonly apiKey: string;
}

/** How a contestant is asked, and where in its answer the rows are. */
export interface Dialect {
  request(question: Question, caller: Caller, subject: Subject): Request;
  /** The conversation or conversations, each list of messages under `messages`; or the token response. */
  rowsOf(question: Question, answer: unknown): unknown;
}

const signingIn = (question: Question, { email }: Caller, { refreshToken }: Subject): Request | null => {
  const post = (path: string, body: object): Request => ({
    method: "POST",
    path,
    token: null,
    body: JSON.stringify(body),
  });
  if (question === "login") return post("/auth/login", { email, password: PASSWORD });
  if (question === "refresh") return post("/auth/refresh", { refresh_token: refreshToken });
  return null;
};

/** By what GraphQL names differ: ours, and those that PostGraphile gives by itself. */
interface Names {
  readonly id: string;
  readonly idType: string;
  readonly conversation: string;
  readonly conversations: string;
  readonly messages: string;
  readonly newestFirst: string;
}

/** What comes back, by the aliases of the documents; only what was asked for is there. */
interface Data {
  readonly conversation: unknown;
  readonly createConversation: { readonly conversation: unknown };
  readonly conversations: {
    readonly nodes: readonly { readonly messages: { readonly nodes: unknown } }[];
  };
}

function graphql(names: Names): Dialect {
  const fields = `id${names.id === "id" ? "" : `: ${names.id}`} title updatedAt`;
  const conversations = (first: number, selection: string): string =>
    `query { conversations: ${names.conversations}(first: ${first}, orderBy: ${names.newestFirst}) { nodes { ${selection} } } }`;
  const documents = {
    read: `query ($id: ${names.idType}!) { conversation: ${names.conversation}(${names.id}: $id) { ${fields} } }`,
    list: conversations(PAGE, fields),
    nested: conversations(
      NESTED,
      `${fields} messages: ${names.messages}(first: ${NESTED}, orderBy: ${names.newestFirst}) {
        nodes { id${names.id === "id" ? "" : `: ${names.id}`} role content } }`,
    ),
    create: `mutation ($title: String!) {
      createConversation(input: {conversation: {title: $title}}) { conversation { ${fields} } } }`,
  };
  return {
    request(question, caller, subject) {
      const auth = signingIn(question, caller, subject);
      if (auth) return auth;
      const { id, title, accessToken, apiKey } = subject;
      const variables = { read: { id }, list: {}, nested: {}, create: { title } };
      const asked = question === "key" ? "read" : (question as keyof typeof documents);
      return {
        method: "POST",
        path: "/graphql",
        token: question === "key" ? apiKey : accessToken,
        body: JSON.stringify({ query: documents[asked], variables: variables[asked] }),
      };
    },
    rowsOf(question, answer) {
      if (question === "login" || question === "refresh") return answer;
      const { data, errors } = answer as { data: Data; errors?: unknown };
      if (errors) throw new Error(JSON.stringify(errors));
      switch (question) {
        case "read":
        case "key":
          return data.conversation;
        case "create":
          return data.createConversation.conversation;
        case "list":
          return data.conversations.nodes;
        case "nested":
          return data.conversations.nodes.map((node) => ({
            ...node,
            messages: node.messages.nodes,
          }));
      }
    },
  };
}

const rest: Dialect = {
  request(question, caller, subject) {
    const auth = signingIn(question, caller, subject);
    if (auth) return auth;
    const get = (path: string): Request => ({
      method: "GET",
      path,
      token: subject.accessToken,
      body: null,
    });
    switch (question) {
      case "read":
        return get(`/conversations/${subject.id}`);
      case "list":
        return get(`/conversations?first=${PAGE}`);
      case "nested":
        return get(`/conversations?first=${NESTED}&messages=${NESTED}`);
      default:
        return {
          method: "POST",
          path: "/conversations",
          token: subject.accessToken,
          body: JSON.stringify({ title: subject.title }),
        };
    }
  },
  rowsOf: (_question, answer) => answer,
};

const betterAuth: Dialect = {
  request(question, { email }, { id, refreshToken, apiKey }) {
    if (question === "login") {
      const body = JSON.stringify({ email, password: PASSWORD });
      return { method: "POST", path: "/api/auth/sign-in/email", token: null, body };
    }
    const [path, token] =
      question === "refresh" ? ["/api/auth/token", refreshToken] : [`/conversations/${id}`, apiKey];
    return { method: "GET", path, token, body: null };
  },
  rowsOf: (_question, answer) => answer,
};

export const dialects = {
  ours: graphql({
    id: "id",
    idType: "ID",
    conversation: "conversation",
    conversations: "conversations",
    messages: "messages",
    newestFirst: "ID_DESC",
  }),
  stock: graphql({
    id: "rowId",
    idType: "UUID",
    conversation: "conversationByRowId",
    conversations: "allConversations",
    messages: "messagesByConversationId",
    newestFirst: "PRIMARY_KEY_DESC",
  }),
  rest,
  betterAuth,
} satisfies Record<string, Dialect>;
export type DialectName = keyof typeof dialects;
