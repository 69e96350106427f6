import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import Koa from "koa";
import { afterEach, describe, expect, test } from "vitest";
import { answerWithEvents } from "../../src/http/event_stream.ts";

let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

/** A client of a stream whose source is this; comments come each few milliseconds of silence. */
async function reading(
  source: (signal: AbortSignal) => AsyncGenerator<string, void, undefined>,
  { heartbeat = 5, signal }: { heartbeat?: number; signal?: AbortSignal } = {},
) {
  const app = new Koa();
  app.silent = true;
  app.use((ctx) =>
    answerWithEvents(ctx, source, { headers: { "Content-Type": "text/event-stream" }, heartbeat }),
  );
  server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { signal });
}
const asText = async (response: Response): Promise<string> =>
  (await response.text()).replaceAll(": still here\n\n", "");

describe("a stream of events", () => {
  test("is what its source gives, to the end", async () => {
    const response = await reading(async function* () {
      yield "data: one é🙂\n\n";
      yield "data: two\n\n";
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await asText(response)).toBe(": hello\n\ndata: one é🙂\n\ndata: two\n\n");
  });

  test("has its headers before the first word, and signs of life while there is none", async () => {
    const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
    const response = await reading(async function* () {
      await heard;
      yield "data: at last\n\n";
    });
    let text = "";
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.split(": still here").length > 3) hear();
    }
    expect(text).toMatch(/^: hello\n\n(: still here\n\n){3,}data: at last\n\n$/);
  });

  test("ends at its source when the client goes away, also in the middle of a silence", async () => {
    const { promise: ended, resolve: end } = Promise.withResolvers<string>();
    const client = new AbortController();
    const response = await reading(
      async function* (signal) {
        try {
          yield "data: one\n\n";
          await once(signal, "abort");
        } finally {
          end("ended");
        }
      },
      { signal: client.signal },
    );
    expect(response.status).toBe(200);
    client.abort();
    expect(await ended).toBe("ended");
  });

  test("asks for no more than the client reads", async () => {
    const { promise: ended, resolve: end } = Promise.withResolvers<number>();
    const client = new AbortController();
    let produced = 0;
    await reading(
      async function* (signal) {
        try {
          for (; produced < 10_000; produced++) yield `data: ${"x".repeat(10_000)}\n\n`;
          signal.throwIfAborted();
        } finally {
          end(produced);
        }
      },
      { signal: client.signal },
    );
    // Nobody reads: what fits into the buffers between us is all that is made.
    await expect.poll(() => produced).toBeGreaterThan(1);
    client.abort();
    expect(await ended).toBeLessThan(10_000);
  });

  test("is cut by an error that its source did not put into words", async () => {
    const response = await reading(async function* () {
      yield "data: one\n\n";
      throw new Error("secret detail");
    });
    await expect(response.text()).rejects.toThrow();
  });
});
