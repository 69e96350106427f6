import { createHash, randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Caller } from "../../src/database/caller.ts";
import type { Answer } from "../../src/graphql/service.ts";
import { subscriptionEvents } from "../../src/graphql/subscriptions/events.ts";
import { openSubscriptions, type Subscriptions } from "../../src/graphql/subscriptions/subscriptions.ts";

// The database says what it is told to say here; what it says by itself, test/http/subscriptions.test.ts asks.
let mark: number;
let away: boolean;
let looks: number;
let subscriptions: Subscriptions;
const auth = {
  async query({
    values: [credentials, , , marks],
  }: {
    values: [Buffer[], unknown, unknown, (string | null)[]];
  }) {
    looks += 1;
    if (away) throw new Error("the database is away");
    const rows = credentials.map((_, n) => ({ place: n + 1, mark: String(mark) }));
    return { rows: rows.filter((row, n) => row.mark !== marks[n]) };
  },
} as unknown as Parameters<typeof openSubscriptions>[0]["auth"];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date", "performance"] });
  mark = 0;
  away = false;
  looks = 0;
  subscriptions = openSubscriptions({ auth, log: pino({ level: "silent" }) }, { most: 10, perCredential: 3 });
});
afterEach(() => {
  subscriptions.close();
  vi.useRealTimers();
});

const callerOf = (name: string, tenant?: string): Caller => ({
  credential: createHash("sha256").update(name).digest(),
  facts: { request_id: "test", ip: "192.0.2.1", user_agent: null, ...(tenant && { tenant_id: tenant }) },
});
const cut = vi.fn();
const open = (caller: Caller = callerOf("somebody")) =>
  subscriptions.open({
    caller,
    subject: { kind: "conversation", id: randomUUID() },
    expiresAt: undefined,
    cut,
  });

const titled = (title: string): Answer => ({ data: { conversation: { title } } });
const refusedBy = (code: string): Answer => ({ errors: [{ message: "No.", extensions: { code } }] });

/** Reads what a subscription says, whose query is answered by whatever `answer` is at the moment. */
async function reading(first: Answer) {
  const leaving = new AbortController();
  const asked: Answer[] = [];
  const state = { answer: first };
  const subscription = open();
  await subscription.look();
  const ask = async (): Promise<Answer> => {
    asked.push(state.answer);
    return state.answer;
  };
  const events = subscriptionEvents({ subscription, first, ask, signal: leaving.signal });
  return { state, asked, events, leaving, read: async () => (await events.next()).value };
}

/** The given time goes by, and what it brings is done. */
async function pass(milliseconds: number) {
  await vi.advanceTimersByTimeAsync(milliseconds);
  await new Promise((done) => setImmediate(done));
}

describe("a reader who is slow", () => {
  test("is not asked for before they have read, and then has the newest", async () => {
    const { state, asked, read } = await reading(titled("one"));
    expect(await read()).toContain("one");
    for (const title of ["two", "three", "four"]) {
      state.answer = titled(title);
      mark += 1;
      await pass(1_000);
    }
    expect(asked).toEqual([]);
    expect(await read()).toContain("four");
    expect(asked).toEqual([titled("four")]);
  });

  test("is cut off after a minute, and one who reads is not", async () => {
    const slow = await reading(titled("one"));
    await slow.read();
    await pass(59_000);
    expect(cut).not.toHaveBeenCalled();
    await pass(3_000);
    expect(cut).toHaveBeenCalled();
    cut.mockClear();
    subscriptions.close();
    subscriptions = openSubscriptions(
      { auth, log: pino({ level: "silent" }) },
      { most: 10, perCredential: 3 },
    );
    const quick = await reading(titled("one"));
    await quick.read();
    const next = quick.read();
    await pass(120_000);
    expect(cut).not.toHaveBeenCalled();
    quick.leaving.abort();
    expect(await next).toBeUndefined();
  });
});

describe("what passes by itself", () => {
  test.each(["DATABASE_UNAVAILABLE", "TOO_MANY_AT_ONCE"])(
    "%s is not told: the query is asked again a second later, until it is answered",
    async (code) => {
      const { state, asked, read } = await reading(titled("one"));
      await read();
      state.answer = refusedBy(code);
      mark += 1;
      const next = read();
      await pass(3_000);
      expect(asked.length).toBeGreaterThanOrEqual(3);
      state.answer = titled("two");
      await pass(1_000);
      expect(await next).toContain("two");
    },
  );

  test("a look that fails is made again, one at a time", async () => {
    const { state, read } = await reading(titled("one"));
    await read();
    const next = read();
    away = true;
    state.answer = titled("two");
    mark += 1;
    await pass(3_000);
    away = false;
    await pass(1_000);
    expect(await next).toContain("two");
    expect(looks).toBe(5);
  });
});

test("an end is the last word, whatever changes with it", async () => {
  const { state, read } = await reading(titled("one"));
  await read();
  state.answer = titled("two");
  mark += 1;
  subscriptions.leave();
  await pass(1_000);
  expect(await read()).toBe("event: complete\ndata: \n\n");
  expect(await read()).toBeUndefined();
});

describe("how many may be open", () => {
  const many = (count: number, caller: (n: number) => Caller): number => {
    for (let n = 0; n < count; n++) {
      try {
        open(caller(n));
      } catch (error) {
        expect(error).toMatchObject({ status: 429, code: "too_many_subscriptions" });
        return n;
      }
    }
    return count;
  };

  test("with one credential", () => {
    expect(many(5, () => callerOf("somebody"))).toBe(3);
  });

  test("of one tenant, while others may come: half of them alone, and then half of the rest", () => {
    expect(many(10, (n) => callerOf(`a${n}`, "acme"))).toBe(5);
    expect(many(10, (n) => callerOf(`b${n}`, "globex"))).toBe(3);
    expect(subscriptions.size).toBe(8);
  });

  test("one that is closed makes room, once", () => {
    const one = open();
    open();
    open();
    expect(() => open()).toThrow();
    one.close();
    one.close();
    open();
    expect(() => open()).toThrow();
    expect(subscriptions.size).toBe(3);
  });
});

test("a tenant's are asked again two at a time, another's beside them", async () => {
  const running = new Set<string>();
  const most: Record<string, number> = { acme: 0, globex: 0 };
  const waiting: (() => void)[] = [];
  const all = ["acme", "acme", "acme", "globex"].map((tenant, n) =>
    open(callerOf(`${tenant}${n}`, tenant)).inTurn(async () => {
      running.add(`${tenant}${n}`);
      most[tenant] = Math.max(most[tenant]!, [...running].filter((name) => name.startsWith(tenant)).length);
      await new Promise<void>((done) => waiting.push(done));
      running.delete(`${tenant}${n}`);
    }),
  );
  await new Promise((done) => setImmediate(done));
  expect([...running].sort()).toEqual(["acme0", "acme1", "globex3"]);
  while (waiting.length > 0) {
    waiting.shift()!();
    await new Promise((done) => setImmediate(done));
  }
  await Promise.all(all);
  expect(most).toEqual({ acme: 2, globex: 1 });
});
