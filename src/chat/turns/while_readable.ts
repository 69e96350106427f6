import type { AnswerEvent } from "../provider/events.ts";

/** Milliseconds between looks at whether somebody may still read what they follow. */
const EVERY = 1_000;

/**
 * An answer for somebody who follows it without having asked: each second they are asked for at the door again, and what it does not let
 * them read any more, they read no more.
 *
 * @param check rejects with what the stream is to end with
 */
export async function* whileReadable(
  follow: (signal: AbortSignal) => AsyncIterable<AnswerEvent>,
  check: () => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent, void, undefined> {
  const refused = new AbortController();
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    check()
      .catch((error) => refused.abort(error))
      .finally(() => {
        looking = false;
      });
  }, EVERY).unref();
  try {
    for await (const event of follow(AbortSignal.any([signal, refused.signal]))) {
      if (refused.signal.aborted) break;
      yield event;
    }
    if (refused.signal.aborted) throw refused.signal.reason;
  } finally {
    clearInterval(timer);
  }
}
