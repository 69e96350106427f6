import type { AnswerEvent } from "../provider/events.ts";

/** What an answer said so far, from its first event; whoever follows it reads all of it, however late they come. */
export interface EventLog {
  add(event: AnswerEvent): void;
  /** Nothing more comes. @param error with which it ends, for all who follow */
  end(error?: unknown): void;
  readonly ended: boolean;
  /** All that was said, then what is said. It ends as the answer does, or without a word when the signal is aborted. */
  follow(signal?: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined>;
}

export function openEventLog(said: readonly AnswerEvent[] = []): EventLog {
  const events = [...said];
  const waiting = new Set<() => void>();
  let end: { readonly error: unknown } | null = null;
  const wake = (): void => {
    for (const go of waiting) go();
    waiting.clear();
  };
  return {
    add(event) {
      events.push(event);
      wake();
    },
    end(error) {
      end ??= { error };
      wake();
    },
    get ended() {
      return end !== null;
    },
    async *follow(signal) {
      for (let at = 0; !signal?.aborted; ) {
        const event = events[at];
        if (event !== undefined) {
          at += 1;
          yield event;
        } else if (end === null) await news(signal);
        else if (end.error === undefined) return;
        else throw end.error;
      }
    },
  };

  function news(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((done) => {
      const go = (): void => {
        signal?.removeEventListener("abort", gone);
        done();
      };
      const gone = (): void => {
        waiting.delete(go);
        done();
      };
      waiting.add(go);
      signal?.addEventListener("abort", gone, { once: true });
    });
  }
}
