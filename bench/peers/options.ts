import { parseArgs } from "node:util";
import { OPERATIONS, type Operation } from "./operations.ts";

export const CONTESTANTS = ["ours", "stock", "hand-rls", "hand", "pgbench"] as const;
/** Who signs people in, for `auth.ts`. */
export const AUTHENTICATORS = ["ours", "better-auth", "hand"] as const;
export type ContestantName = (typeof CONTESTANTS)[number] | (typeof AUTHENTICATORS)[number];

export interface Options {
  readonly operations: readonly Operation[];
  readonly contestants: readonly ContestantName[];
  /** For each network, in milliseconds there and back, how many connections. */
  readonly scenarios: readonly { readonly roundTrip: number; readonly connections: readonly number[] }[];
  readonly short: boolean;
  readonly growth: boolean;
  readonly rounds: number;
  /** Of each turn. */
  readonly seconds: number;
  readonly svg: string | null;
  readonly record: boolean;
}

export const HELP = `node bench/peers.ts [options]

Asks the same of Rowhouse and of what one would write instead, on one PostgreSQL, by turns: requests per second,
milliseconds, CPU time and memory. bench/README.md says how to read it. It needs Linux, and takes about an hour.

  --short              fewer rows, rounds and seconds: about five minutes
  --growth             instead: ours with 10 tenants and 50,000 messages, and with 2,000 and 1 million;
                       read, list, nested and create, one connection
  --only LIST          operations: ${OPERATIONS.join(", ")}
  --contestants LIST   ${CONTESTANTS.join(", ")} (the last is the limit; not in the short form unless named)
  --connections LIST   1, 16 and 64 (over a network: 1 and 16)
  --network LIST       milliseconds there and back between web process and PostgreSQL: 0 and 10
  --rounds N           how often everybody has a turn: 5, short 3
  --seconds N          how long a turn takes: 3, short 0.5
  --svg FILE           draws it, too
  --record             puts the tables into bench/README.md, and the plot beside it
  --help`;

/** What `--growth` asks. */
const GROWTH_OPERATIONS: readonly Operation[] = ["read", "list", "nested", "create"];

/** Each connection has callers of its own, and the short form has a hundred. */
const MOST_CONNECTIONS = 100;

/** Arguments that cannot be used; the message says why. */
export class BadOptions extends Error {}

/**
 * @returns null if help is wanted
 * @throws {BadOptions}
 */
export function readOptions(args: readonly string[]): Options | null {
  const { short, growth, ...values } = parse(args);
  if (values.help) return null;
  const contestants = values.contestants
    ? choices("contestants", values.contestants, CONTESTANTS)
    : CONTESTANTS.filter((name) => !(short && name === "pgbench"));
  const asked = growth ? GROWTH_OPERATIONS : OPERATIONS;
  const operations = values.only ? choices("only", values.only, asked) : asked;
  if (growth && (values.contestants || values.connections || values.network || values.svg)) {
    throw new BadOptions("--growth goes with --short, --only, --rounds, --seconds and --record");
  }
  const networks = values.network ? numbers("network", values.network, 0, 1_000) : [0, 10];
  const connections = values.connections
    ? numbers("connections", values.connections, 1, MOST_CONNECTIONS)
    : null;
  return {
    operations,
    contestants,
    scenarios: networks.map((roundTrip) => ({
      roundTrip,
      connections: connections ?? (roundTrip === 0 && !short ? [1, 16, 64] : [1, 16]),
    })),
    short,
    growth,
    rounds: values.rounds ? numbers("rounds", values.rounds, 1, 100)[0]! : short ? 3 : 5,
    seconds: values.seconds ? positive("seconds", values.seconds) : short ? 0.5 : 3,
    svg: values.svg ?? null,
    record: values.record,
  };
}

function parse(args: readonly string[]) {
  const flag = { type: "boolean", default: false } as const;
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        short: flag,
        growth: flag,
        only: text,
        contestants: text,
        connections: text,
        network: text,
        rounds: text,
        seconds: text,
        svg: text,
        record: flag,
        help: flag,
      },
    }).values;
  } catch (cause) {
    throw new BadOptions((cause as Error).message, { cause });
  }
}

function choices<const Choice extends string>(
  option: string,
  list: string,
  known: readonly Choice[],
): Choice[] {
  const named = new Set(list.split(",").map((name) => name.trim()));
  for (const name of named) {
    if (!known.includes(name as Choice)) {
      throw new BadOptions(`--${option}: "${name}" is none of ${known.join(", ")}`);
    }
  }
  return known.filter((name) => named.has(name));
}

function numbers(option: string, list: string, least: number, most: number): number[] {
  return list.split(",").map((text) => {
    const value = /^\s*\d{1,4}\s*$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new BadOptions(`--${option}: "${text}" is no whole number from ${least} to ${most}`);
  });
}

function positive(option: string, text: string): number {
  if (Number(text) > 0) return Number(text);
  throw new BadOptions(`--${option}: "${text}" is no number above zero`);
}
