import type pg from "pg";
import { median } from "./measure.ts";

/** One transaction (or statement) of a client; `turn` counts up, so that clients can take different rows. */
export type Turn = (client: pg.ClientBase, turn: number) => Promise<unknown>;

export interface Contestant {
  readonly pool: pg.Pool;
  readonly turn: Turn;
  /** Done before each of its rounds. */
  readonly before?: () => Promise<unknown>;
}

/**
 * Lets several clients repeat a turn for a while, the contestants by turns and several times round, so that
 * a noisy moment hits all of them.
 *
 * @returns turns per second of each contestant: the median of its rounds
 */
export async function race<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  { clients = 4, seconds = 2, rounds = 5 } = {},
): Promise<Record<Name, number>> {
  const rates = new Map<Name, number[]>();
  const entries = Object.entries(contestants) as [Name, Contestant][];
  for (let round = 0; round < rounds; round++) {
    for (const [name, contestant] of entries) {
      await contestant.before?.();
      rates.set(name, [...(rates.get(name) ?? []), await run(contestant, clients, seconds)]);
    }
  }
  return Object.fromEntries(entries.map(([name]) => [name, median(rates.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}

async function run({ pool, turn }: Contestant, clients: number, seconds: number): Promise<number> {
  const connected = await Promise.all(Array.from({ length: clients }, () => pool.connect()));
  let turns = 0;
  const began = performance.now();
  const until = began + seconds * 1_000;
  try {
    await Promise.all(
      connected.map(async (client) => {
        while (performance.now() < until) await turn(client, turns++);
      }),
    );
  } finally {
    for (const client of connected) client.release();
  }
  return (turns * 1_000) / (performance.now() - began);
}
