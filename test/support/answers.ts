import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { AnswerEvent } from "../../src/chat/provider/events.ts";

/** An answer with all that an answer can have. */
export const WHOLE: readonly AnswerEvent[] = [
  { type: "reasoning", delta: "I " },
  { type: "reasoning", delta: "think." },
  { type: "text", delta: "Tea is " },
  { type: "text", delta: "at four, é🙂\n漢 [1]." },
  { type: "citation", citation: { number: 1, passageId: "p1", documentId: "d1", title: "House rules" } },
  { type: "tool-call", id: "call_1", name: "find", text: '{"query":"tea"}', input: { query: "tea" } },
  { type: "usage", usage: { input: 10, cachedInput: 2, output: 7, reasoning: 3, estimated: false } },
  { type: "finish", reason: "stop" },
];

/** An answer of these events, which ends with an error if there is one. */
export async function* saying(events: readonly AnswerEvent[], error?: unknown): AsyncGenerator<AnswerEvent> {
  yield* events;
  if (error !== undefined) throw error;
}

/** All that there is to read, in order. */
export async function readAll<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

/** A server that answers each POST with what `answer` makes of its body: an object as JSON, else a stream. */
export async function serving(
  answer: (
    path: string,
    // biome-ignore lint/suspicious/noExplicitAny: the body of a request, in whatever shape
    body: any,
  ) => Promise<{ headers?: Readonly<Record<string, string>>; body: AsyncIterable<string> | object }>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const sent = (await request.toArray()).join("");
    const { headers = { "Content-Type": "text/event-stream" }, body } = await answer(
      request.url!,
      JSON.parse(sent),
    );
    if (Symbol.asyncIterator in body) Readable.from(body).pipe(response.writeHead(200, headers));
    else response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
