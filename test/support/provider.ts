import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerAsTold } from "./provider/answer.ts";
import { embedWords } from "./provider/embed_words.ts";

// A model provider on this machine, in the shapes of OpenAI's API (chat/completions, with and without `stream`, and
// embeddings). No model runs here: what it says is decided by the test, and how well it behaves by the model's name.
//
//   const provider = await startProvider();
//   const endpoint = { baseUrl: provider.url, apiKey: "sk-test" };      // …with `internal: true`: it is at 127.0.0.1
//   provider.reply = (request) => `You asked: ${request.question}`;     // what every model but the broken ones says
//
// Models that answer:
//   ok              word by word, with usage
//   reasoning       thinks aloud first (`reasoning_content`), and counts it
//   tools           calls the tool `search_documents` in fragments, then answers once it has a tool's answer
//   length, filtered   ends with finish_reason `length`, `content_filter`
//   split           each byte of UTF-8 by itself
//   slow            a word every `provider.pace` milliseconds
//   no-usage        does not say what it cost
//   busy-once       429 with Retry-After-Ms: 5 the first time, then as ok
//   broken-once     500 the first time, then as ok
//   held            half of it, and the rest after `provider.release()`
//
// Models that do not:
//   drop            half of it, then the connection is cut
//   unfinished      half of it, then a tidy end without finish_reason and [DONE]
//   undone          all of it with finish_reason, but no [DONE]
//   malformed       half of it, then a line that is no JSON
//   shapeless       JSON that is no chunk
//   failing         half of it, then an error as an event
//   stall           half of it, then nothing
//   silent          nothing at all, not even a header
//   endless         words for ever
//   chatty          comments for ever (": ping"), and no word
//   flood           one line that never ends
//   busy            429, Retry-After: 1      busy-long   429, Retry-After: 3600
//   broken          500; its body quotes the key it was sent
//   unauthorized    401; so does this one's
//   too-long        400 with code context_length_exceeded
//   html            200 and a page
//   redirect        307 to http://169.254.169.254/
//   redirect-home   307 to this server's model ok
//
// Embeddings are hashed bags of words of `provider.dimensions` figures (or `dimensions` of the request), so that texts that
// share words, or `provider.synonyms`, are near each other: any model name. Models with faults: embed-short (a vector fewer), embed-nan (a null in
// one), embed-wide (a figure more), embed-shuffled (right, but in the other order), and busy, broken, … as above.

/** All that a test may name, for an installation that lets its companies name them (MODEL_PROVIDER_MODELS). */
export const STUB_MODELS =
  "ok,reasoning,tools,length,filtered,split,slow,no-usage,busy-once,broken-once,held,drop,unfinished,undone,malformed," +
  "shapeless,failing,stall,silent,endless,chatty,flood,busy,busy-long,broken,unauthorized,too-long,html,redirect," +
  "redirect-home,words,embed-short,embed-nan,embed-wide,embed-shuffled,priced,dear";

/** A request, as the provider saw it. */
export interface ProviderRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly model: string;
  /** What the last message of the user says. */
  readonly question: string;
  // biome-ignore lint/suspicious/noExplicitAny: what was sent is what the test looks at
  readonly body: any;
  /** Whether the caller hung up before the end. */
  readonly hungUp: Promise<boolean>;
}

/** A tool that a model wants called; an input that is a text is sent as it is. */
export interface Wanted {
  readonly name: string;
  readonly input: unknown;
}

export interface Provider {
  /** As a base URL, with /v1. */
  readonly url: string;
  readonly port: number;
  readonly requests: ProviderRequest[];
  /** What it says. */
  reply: (request: ProviderRequest) => string;
  /** The tools that it wants called, in the place of words; none, unless a test says so. */
  wants: (request: ProviderRequest) => readonly Wanted[];
  /** Milliseconds between the words of `slow`. */
  pace: number;
  dimensions: number;
  /** Words that mean another one to what embeds. */
  synonyms: Readonly<Record<string, string>>;
  /** Lets every answer of `held` go on, also those to come. */
  release(): void;
  close(): Promise<void>;
}

/** What an answer is made of. */
export interface Answering {
  readonly request: ProviderRequest;
  readonly response: ServerResponse;
  readonly provider: Provider;
  /** How often this model was asked before. */
  readonly before: number;
  readonly released: Promise<void>;
}

export async function startProvider(): Promise<Provider> {
  const requests: ProviderRequest[] = [];
  const released = Promise.withResolvers<void>();

  const server = createServer(async (incoming, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece);
    const body = JSON.parse(Buffer.concat(pieces).toString() || "{}");
    const hungUp = once(response, "close").then(() => !response.writableFinished);
    const request = {
      path: incoming.url ?? "",
      headers: incoming.headers,
      model: String(body.model ?? ""),
      question: lastQuestion(body.messages),
      body,
      hungUp,
    };
    const before = requests.filter(({ model }) => model === request.model).length;
    requests.push(request);
    const answering = {
      request,
      response,
      provider,
      before,
      released: released.promise,
    };
    if (request.path.endsWith("/embeddings")) return embedWords(answering);
    if (request.path.endsWith("/chat/completions")) return answerAsTold(answering);
    response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const provider: Provider = {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    requests,
    reply: ({ question }) => `You asked: ${question}`,
    wants: () => [],
    pace: 20,
    dimensions: 64,
    synonyms: {},
    release: released.resolve,
    async close() {
      released.resolve();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return provider;
}

function lastQuestion(messages: unknown): string {
  if (!Array.isArray(messages)) return "";
  const content = messages.findLast(({ role }) => role === "user")?.content;
  return typeof content === "string" ? content : JSON.stringify(content ?? "");
}
