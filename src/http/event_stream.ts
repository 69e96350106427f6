import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "koa";

export interface EventStreamOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds after which silence is broken by a comment, so that nobody in between takes the connection for dead. */
  readonly heartbeat?: number;
}

/**
 * Answers with a stream of events (WHATWG, "Server-sent events"). The source is asked for more only as fast as the client reads.
 * When the client goes away its signal is aborted, and its `finally` runs. It has to say in an event what goes wrong: an error only
 * cuts the connection, and takes with it what was not read yet.
 *
 * @param source gives events as they are on the wire
 */
export function answerWithEvents(
  ctx: Context,
  source: (signal: AbortSignal) => AsyncGenerator<string, void, undefined>,
  { headers, heartbeat = 15_000 }: EventStreamOptions,
): void {
  const gone = new AbortController();
  ctx.res.once("close", () => gone.abort());
  ctx.status = 200;
  ctx.set({ ...headers });
  // A word is sent when it is said, and not when there are enough of them to fill a packet.
  ctx.socket.setNoDelay(true);
  ctx.body = Readable.from(withHeartbeat(source(gone.signal), heartbeat), {
    objectMode: false,
    highWaterMark: 16_384,
  });
}

async function* withHeartbeat(
  source: AsyncGenerator<string, void, undefined>,
  heartbeat: number,
): AsyncGenerator<string, void, undefined> {
  let next = source.next();
  try {
    // The headers leave at once, before the first word.
    yield ": hello\n\n";
    for (;;) {
      const timer = new AbortController();
      const beat = sleep(heartbeat, null, { signal: timer.signal }).catch(() => null);
      const first = await Promise.race([next, beat]).finally(() => timer.abort());
      if (first === null) yield ": still here\n\n";
      else if (first.done) return;
      else {
        yield first.value;
        next = source.next();
      }
    }
  } finally {
    // Nobody waits for what is pending: the signal ends it, and whatever it says then, nobody hears.
    next.catch(() => {});
    source.return().catch(() => {});
  }
}
