import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import { issueAccessToken } from "../../src/auth/access_token.ts";
import { masterKeys } from "../../src/auth/encryption.ts";
import { openSigningKeys } from "../../src/auth/signing_keys.ts";
import { readAll } from "./answers.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "./database.ts";
import type { Member } from "./people.ts";
import { type Provider, STUB_MODELS, startProvider } from "./provider.ts";
import { startTestServer, type TestServer } from "./server.ts";
import { buildTenants, type TenantFixture } from "./tenants.ts";

export type Headers = Record<string, string>;

/** What the SDK's client has of a turn. */
export interface Heard {
  /** Each part, as it came. */
  readonly chunks: readonly UIMessageChunk[];
  /** What `useChat` shows in the end. */
  readonly message: UIMessage<Record<string, unknown>>;
}

/** A server with a model provider of the installation, two companies, and the AI SDK as their client. */
export interface Chat {
  readonly database: TestDatabase;
  readonly server: TestServer;
  readonly provider: Provider;
  readonly acme: TenantFixture;
  readonly globex: TenantFixture;
  /** What somebody's browser sends. */
  headersOf(member: Pick<Member, "userId" | "handle" | "tenantId">): Promise<Headers>;
  /** Asks as `useChat` does, and reads to the end. */
  ask(headers: Headers, question: string, more?: Ask): Promise<Heard>;
  close(): Promise<void>;
}

export interface Ask {
  readonly chatId?: string;
  readonly before?: readonly UIMessage[];
  readonly body?: object;
  readonly trigger?: "submit-message" | "regenerate-message";
  readonly messageId?: string;
  /** Beside the words. */
  readonly files?: UIMessage["parts"];
}

/** @param model which of the stub's models answers; null: there is no provider */
export async function startChat(model: string | null = "ok", env: Headers = {}): Promise<Chat> {
  const database = await createDatabase();
  const { acme, globex } = await buildTenants(database);
  const provider = await startProvider();
  const server = await startTestServer(database, {
    ...(model !== null && {
      MODEL_PROVIDER_URL: provider.url,
      MODEL_PROVIDER_KEY: "sk-of-the-installation",
      MODEL_PROVIDER_INTERNAL: "on",
      MODEL: model,
      MODEL_PROVIDER_MODELS: STUB_MODELS,
    }),
    ...env,
  });
  return {
    database,
    server,
    provider,
    acme,
    globex,
    headersOf: await openBrowsers(database, server.config.publicUrl),
    async ask(
      headers,
      question,
      {
        chatId = "a-chat-of-the-client",
        before = [],
        body,
        trigger = "submit-message",
        messageId,
        files = [],
      } = {},
    ) {
      const transport = new DefaultChatTransport<UIMessage>({
        api: `${server.url}/chat`,
        headers,
        ...(body && { body }),
      });
      const stream = await transport.sendMessages({
        trigger,
        chatId,
        messageId,
        messages: [...before, { id: "q", role: "user", parts: [{ type: "text", text: question }, ...files] }],
        abortSignal: undefined,
      });
      return heard(stream);
    },
    async close() {
      await server.close();
      await provider.close();
      await database.drop();
    },
  };
}

/** What makes the headers that somebody's browser sends. */
export async function openBrowsers(
  database: Pick<TestDatabase, "auth">,
  issuer: string,
): Promise<Chat["headersOf"]> {
  const keys = await openSigningKeys(
    database.auth,
    masterKeys({ masterKey: testMasterKey, previousMasterKey: null }),
    "EdDSA",
    { warn() {}, info() {}, error() {} } as never,
  );
  return async ({ userId, handle, tenantId }) => {
    const token = await issueAccessToken({ keys, issuer }, { userId, handle, tenantId, counter: 0 });
    return { Authorization: `Bearer ${token}` };
  };
}

/** Reads what the SDK's transport gives. */
export async function heard(stream: ReadableStream<UIMessageChunk>): Promise<Heard> {
  const [one, other] = stream.tee();
  const chunks = await readAll(one as unknown as AsyncIterable<UIMessageChunk>);
  let message: UIMessage | undefined;
  for await (const state of readUIMessageStream({ stream: other, onError: () => {} })) message = state;
  return { chunks, message: message as Heard["message"] };
}

/** The text of a message of the SDK. */
export const textOf = ({ parts }: Pick<UIMessage, "parts">): string =>
  parts.map((part) => (part.type === "text" ? part.text : "")).join("");

/** A stream of the server, read as bytes while it comes. */
export async function openStream(url: string, init: RequestInit = {}) {
  const leaving = new AbortController();
  const answer = await fetch(url, { ...init, signal: leaving.signal });
  let text = "";
  const waiting = new Set<() => void>();
  const ended = (async () => {
    const decoder = new TextDecoder();
    for await (const piece of answer.body ?? []) {
      text += decoder.decode(piece, { stream: true });
      for (const look of waiting) look();
    }
    return text;
  })();
  ended.catch(() => {});
  return {
    status: answer.status,
    headers: answer.headers,
    /** Without the comments that keep the connection alive. */
    said: () => text.replaceAll(/^:.*\n\n/gm, ""),
    /** Resolves with all of it when it is over. */
    ended: () => ended.then((all) => all.replaceAll(/^:.*\n\n/gm, "")),
    /** Resolves when it has said this. */
    says: (words: string) =>
      new Promise<void>((done, fail) => {
        const look = (): void => {
          if (text.includes(words)) {
            waiting.delete(look);
            done();
          }
        };
        waiting.add(look);
        void ended.then(
          () => (text.includes(words) ? done() : fail(new Error(`it ended without "${words}":\n${text}`))),
          fail,
        );
        look();
      }),
    leave: () => leaving.abort(),
  };
}

/** The metadata with which a stream begins. */
export function metadataIn(stream: string): Record<string, string> {
  return JSON.parse(/^data: (\{"type":"start".*\})$/m.exec(stream)![1]!).messageMetadata;
}
