import type { MasterKeys } from "../../auth/encryption.ts";
import type { Egress } from "../../webhooks/egress.ts";
import { type PushedLine, pushedLines } from "./lines.ts";
import type { PushOutcome, Stream, Streams } from "./streams.ts";
import { pushToSyslog, type SyslogOptions } from "./syslog.ts";
import { pushToWebhook } from "./webhook.ts";

/** Streams that are sent at the same time: one that is slow keeps no other waiting. */
const AT_ONCE = 8;
/** Milliseconds for which a stream is sent further leaves: then another may have its turn. */
const TURN = 5_000;
/** Characters in one batch, but for a line that has more by itself. */
const MOST = 2 ** 20;

/**
 * Sends the leaves that wait to those who are to have them, each stream in the order of its leaves, until nothing waits or it is
 * told to take no more. A stream moves on when its receiver took a batch: what a process that dies had in hand is sent again.
 *
 * @returns leaves that were taken, and attempts that failed
 */
export async function pushDue(options: {
  readonly streams: Streams;
  readonly egress: Egress;
  readonly syslog: SyslogOptions;
  readonly keys: MasterKeys;
  /** Milliseconds after which no further stream is taken. */
  readonly most: number;
}): Promise<{ readonly pushed: number; readonly failed: number }> {
  const { streams, egress, syslog, keys, most } = options;
  const counts = { pushed: 0, failed: 0 };
  const end = performance.now() + most;

  const send = (stream: Stream, lines: readonly PushedLine[]): Promise<PushOutcome> =>
    stream.kind === "syslog"
      ? pushToSyslog(stream, lines, syslog)
      : pushToWebhook(stream, lines, egress, keys);

  async function push(stream: Stream): Promise<void> {
    const until = performance.now() + TURN;
    let { after, lentUntil } = stream;
    do {
      const lines = asManyAsFit(pushedLines(await streams.leaves(stream, lentUntil, after), stream.format));
      const last = lines.at(-1);
      if (!last) break;
      const outcome = await send(stream, lines);
      const lent = await streams.settle(stream, lentUntil, last.index, outcome);
      if (outcome.failure !== null) counts.failed += 1;
      else if (lent !== null) counts.pushed += lines.length;
      // It was not taken, or somebody changed or has the stream meanwhile.
      if (lent === null) return;
      [lentUntil, after] = [lent, last.index];
    } while (performance.now() < until);
    await streams.release(stream, lentUntil);
  }

  /** One of several that take what is due. */
  async function work(): Promise<void> {
    while (performance.now() < end) {
      const stream = await streams.claim();
      if (stream === null) return;
      await push(stream);
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  const failed = ends.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  return counts;
}

function asManyAsFit(lines: readonly PushedLine[]): readonly PushedLine[] {
  let length = 0;
  const end = lines.findIndex(({ text }, place) => {
    length += text.length;
    return place > 0 && length > MOST;
  });
  return end === -1 ? lines : lines.slice(0, end);
}
