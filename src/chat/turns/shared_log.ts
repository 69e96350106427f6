import type { MasterKeys } from "../../auth/encryption.ts";
import { decrypt, encrypt } from "../../auth/encryption.ts";
import type { GuardedRedis } from "../../http/redis.ts";
import type { AnswerEvent } from "../provider/events.ts";
import { refusalOf } from "../stream/refusal.ts";
import { failureNamed } from "./stored_events.ts";

/** Where other processes read what this one's answers say: a stream in Redis for each, sealed with the master key. */
export interface SharedLog {
  /** Writes an answer there while it is said; where Redis is away, nobody elsewhere follows it. */
  share(turn: string, events: AsyncIterable<AnswerEvent>): Promise<void>;
  /** An answer of another process from its first event; null where there is none. */
  find(
    turn: string,
  ): Promise<((signal?: AbortSignal) => AsyncGenerator<AnswerEvent, void, undefined>) | null>;
}

/** Milliseconds for which what was said is kept after the last word. */
const KEPT = 120_000;
/** Milliseconds in which words are gathered before they are written, and between looks at what is new. */
const GATHERED = 50;
const LOOKED = 100;
/** Milliseconds without a word after which whoever wrote it is taken for gone: more than a model may be silent. */
const SILENCE = 90_000;

/** What one entry holds: events, and in the last one how it ended. */
interface Entry {
  readonly events: readonly AnswerEvent[];
  readonly end?: { readonly code: string | null; readonly message?: string };
}

export function openSharedLog(redis: GuardedRedis, keys: MasterKeys): SharedLog {
  const { client } = redis;
  const keyOf = (turn: string): string => `rowhouse:turn:${turn}`;

  async function write(turn: string, entry: Entry): Promise<boolean> {
    const sealed = encrypt(keys, JSON.stringify(entry), purposeOf(turn));
    return redis.attempt(
      async () => {
        await client.multi().xadd(keyOf(turn), "*", "e", sealed).pexpire(keyOf(turn), KEPT).exec();
        return true;
      },
      async () => false,
    );
  }

  async function read(turn: string, after: string): Promise<[id: string, entry: Entry][]> {
    const rows = await redis.attempt(
      () => client.xrange(keyOf(turn), `(${after}`, "+"),
      async () => [],
    );
    return rows.map(([id, [, sealed]]) => [
      id,
      JSON.parse(decrypt(keys, sealed!, purposeOf(turn)).toString()) as Entry,
    ]);
  }

  return {
    async share(turn, said) {
      let gathered: AnswerEvent[] = [];
      let writing: Promise<boolean> = write(turn, { events: [] });
      let timer: NodeJS.Timeout | undefined;
      const flush = (end?: Entry["end"]): void => {
        clearTimeout(timer);
        timer = undefined;
        const events = gathered;
        gathered = [];
        // What has a hole is no answer: after one entry that did not arrive there are no more.
        writing = writing.then((well) => well && write(turn, { events, ...(end && { end }) }));
      };
      let end: Entry["end"] = { code: "complete" };
      try {
        for await (const event of said) {
          gathered.push(event);
          timer ??= setTimeout(flush, GATHERED);
        }
      } catch (error) {
        end = refusalOf(error);
      }
      flush(end);
      await writing;
    },
    async find(turn) {
      const there = await redis.attempt(
        () => client.exists(keyOf(turn)),
        async () => 0,
      );
      return there === 0 ? null : (signal) => follow(turn, signal);
    },
  };

  async function* follow(turn: string, signal?: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    let after = "0-0";
    for (let heard = performance.now(); !signal?.aborted; ) {
      const entries = await read(turn, after);
      for (const [id, { events, end }] of entries) {
        after = id;
        yield* events;
        if (end?.code === "complete") return;
        if (end) throw failureNamed(end.code, end.message);
      }
      if (entries.length > 0) heard = performance.now();
      else if (performance.now() - heard > SILENCE) throw failureNamed("model_cut");
      else await new Promise((done) => setTimeout(done, LOOKED));
    }
  }
}

const purposeOf = (turn: string): string => `answer ${turn}`;
