import { setTimeout as sleep } from "node:timers/promises";
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
/** Milliseconds after which a writer says that it is still there, however silent the model is. */
const BEAT = 4_000;
/** Milliseconds without an entry after which whoever wrote it is taken for gone. */
const SILENCE = 15_000;

/** Milliseconds between attempts at an entry, which a stalled process or Redis did not write, or did not hear of. */
const PAUSES = [200, 600, 1_200, 2_400];

/** What one entry holds: events, and in the last one how it ended. */
interface Entry {
  /** From 0. One that was written twice is read once. */
  readonly number: number;
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

  /** What has a hole is no answer: after an entry that did not arrive in the end there are no more. */
  async function deliver(turn: string, entry: Entry): Promise<boolean> {
    for (const pause of PAUSES) {
      if (await write(turn, entry)) return true;
      await sleep(pause);
    }
    return write(turn, entry);
  }

  async function read(turn: string, after: string): Promise<[id: string, entry: Entry][]> {
    const rows = await redis.attempt(
      () => client.xrange(keyOf(turn), `(${after}`, "+"),
      async () => [],
    );
    return rows.map(([id, [, sealed]]) => [id, entryOf(turn, sealed!)]);
  }

  const entryOf = (turn: string, sealed: string): Entry =>
    JSON.parse(decrypt(keys, sealed, purposeOf(turn)).toString());

  /** Whether an answer is whole, or somebody still writes it. An entry's id begins with Redis' clock, which is asked for the time too. */
  async function isAlive(turn: string): Promise<boolean> {
    return redis.attempt(
      async () => {
        const [last] = await client.xrevrange(keyOf(turn), "+", "-", "COUNT", 1);
        if (!last) return false;
        const [id, [, sealed]] = last;
        if (entryOf(turn, sealed!).end) return true;
        const [seconds, microseconds] = await client.time();
        const now = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
        return now - Number(id.split("-")[0]) < SILENCE;
      },
      async () => false,
    );
  }

  return {
    async share(turn, said) {
      let gathered: AnswerEvent[] = [];
      // Where Redis is away to begin with, nobody waits for it.
      let writing: Promise<boolean> = write(turn, { number: 0, events: [] });
      let number = 0;
      let timer: NodeJS.Timeout | undefined;
      const flush = (end?: Entry["end"]): void => {
        clearTimeout(timer);
        timer = undefined;
        const events = gathered;
        gathered = [];
        const entry = { number: ++number, events, ...(end && { end }) };
        writing = writing.then((well) => well && deliver(turn, entry));
      };
      const beat = setInterval(() => flush(), BEAT);
      let end: Entry["end"] = { code: "complete" };
      try {
        for await (const event of said) {
          gathered.push(event);
          timer ??= setTimeout(flush, GATHERED);
        }
      } catch (error) {
        end = refusalOf(error);
      }
      clearInterval(beat);
      flush(end);
      await writing;
    },
    async find(turn) {
      return (await isAlive(turn)) ? (signal) => follow(turn, signal) : null;
    },
  };

  async function* follow(turn: string, signal?: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    let after = "0-0";
    let next = 0;
    for (let heard = performance.now(); !signal?.aborted; ) {
      const entries = await read(turn, after);
      for (const [id, { number, events, end }] of entries) {
        after = id;
        if (number < next) continue;
        next = number + 1;
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
