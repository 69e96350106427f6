// The load: many callers of many tenants, each connection with callers of its own, one request at a time on each.
// A process by itself, so that it shares no event loop with what is measured.

import { percentile } from "../../measure.ts";
import { type Caller, USER_AGENT } from "../callers.ts";
import { answerParent } from "../child.ts";
import { MIXED, type Operation } from "../operations.ts";
import { check } from "./check.ts";
import { Connection } from "./connection.ts";
import { type DialectName, dialects, type Question, type Subject } from "./dialects.ts";

/** First of all: who calls. */
export interface Introduction {
  readonly callers: readonly Caller[];
}

export interface Order {
  readonly contestant: string;
  readonly url: string;
  readonly dialect: DialectName;
  readonly operation: Operation;
  readonly connections: number;
  readonly seconds: number;
  /** Of the callers, in their order. */
  readonly accessTokens: readonly string[];
}

/** What came of an order; times in milliseconds. */
export interface Load {
  readonly requests: number;
  /** Conversations that were created. */
  readonly created: number;
  /** Until the last answer. */
  readonly took: number;
  readonly p50: number;
  readonly p99: number;
}

let callers: readonly Caller[] = [];
/** The next refresh token of each caller, by contestant. */
const refreshTokens = new Map<string, string[]>();
/** Answers that were checked, as they came: the same bytes again need no second look. */
const checked = new Map<string, Buffer>();

answerParent(async (message: Introduction | Order) => {
  if ("callers" in message) {
    callers = message.callers;
    return;
  }
  return run(message);
});

async function run(order: Order): Promise<Load> {
  const connections = await Promise.all(
    Array.from({ length: order.connections }, () => Connection.open(order.url, USER_AGENT)),
  );
  const times: number[] = [];
  let created = 0;
  const began = performance.now();
  const until = began + order.seconds * 1_000;
  try {
    await Promise.all(
      connections.map(async (connection, first) => {
        for (let turn = 0; performance.now() < until; turn++) {
          const question = questionOf(order.operation, turn);
          // Refresh tokens change hands: no two connections may share a caller.
          const mine = Math.ceil((callers.length - first) / order.connections);
          const caller = first + (turn % mine) * order.connections;
          times.push(await ask(connection, order, question, caller, turn));
          if (question === "create") created += 1;
        }
      }),
    );
  } finally {
    for (const connection of connections) connection.close();
  }
  const took = performance.now() - began;
  times.sort((a, b) => a - b);
  return { requests: times.length, created, took, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

function questionOf(operation: Operation, turn: number): Question {
  if (operation !== "mixed") return operation;
  return turn % MIXED === MIXED - 1 ? "create" : "read";
}

/** Asks once and checks the answer. Returns the milliseconds until it was there. */
async function ask(
  connection: Connection,
  order: Order,
  question: Question,
  index: number,
  turn: number,
): Promise<number> {
  const caller = callers[index]!;
  const tokens = refreshTokensOf(order.contestant);
  const subject: Subject = {
    id: caller.conversations[(turn * 7) % caller.conversations.length]!.id,
    title: `Made for ${caller.tenant}`,
    refreshToken: tokens[index]!,
    accessToken: order.accessTokens[index]!,
    apiKey: caller.apiKey,
  };
  const dialect = dialects[order.dialect];
  const request = dialect.request(question, caller, subject);
  const began = performance.now();
  const { status, body } = await connection.request(request);
  const took = performance.now() - began;

  const name = `${order.contestant} ${question} ${caller.tenant} ${question === "read" || question === "key" ? subject.id : ""}`;
  if (status < 300 && checked.get(name)?.equals(body)) return took;
  try {
    if (status >= 300) throw new Error(`status ${status}: ${body.toString().slice(0, 500)}`);
    const rows = dialect.rowsOf(question, JSON.parse(body.toString()));
    check(question, caller, subject, rows);
    const { refresh_token: next } = (rows ?? {}) as { refresh_token?: string };
    if (question === "refresh" && next) tokens[index] = next;
    if (question === "read" || question === "key" || question === "list" || question === "nested")
      checked.set(name, body);
  } catch (error) {
    throw new Error(
      `${order.contestant} answered "${question}" of ${caller.tenant} wrongly: ${(error as Error).message}`,
    );
  }
  return took;
}

function refreshTokensOf(contestant: string): string[] {
  let tokens = refreshTokens.get(contestant);
  if (!tokens) {
    tokens = callers.map((caller) => caller.refreshTokens[contestant === "ours" ? "ours" : "byHand"]);
    refreshTokens.set(contestant, tokens);
  }
  return tokens;
}
