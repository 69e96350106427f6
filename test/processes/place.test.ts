import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FIRST_PAUSE, LAST_PAUSE, Place, STEADY } from "../../src/processes/place.ts";
import type { WebProcess } from "../../src/processes/web_process.ts";

/** A double of a process: a real one cannot live for an hour within a test. */
interface Double extends WebProcess {
  die(): void;
}

let started: Double[];
let complaints: string[];
/** What keeps the next ones from starting, or null. */
let trouble: Error | null;
let place: Place;

beforeEach(() => {
  vi.useFakeTimers();
  started = [];
  complaints = [];
  trouble = null;
  const note = (_: object, message: string) => void complaints.push(message);
  place = new Place({ start, patience: 0, log: { error: note } as never });
});
afterEach(() => {
  place.vacate();
  vi.useRealTimers();
});

let tries = 0;
async function start(): Promise<WebProcess> {
  tries += 1;
  if (trouble) throw trouble;
  const { promise: gone, resolve } = Promise.withResolvers<string>();
  const web = {
    id: started.length + 1,
    pid: 0,
    ready: Promise.resolve("http://127.0.0.1:4000"),
    gone,
    figures: [],
    measure: async () => {},
    finish: vi.fn(async () => resolve("status 0")),
    kill: () => resolve("SIGKILL"),
    die: () => resolve("SIGSEGV"),
  };
  started.push(web);
  return web;
}

/** How many processes were tried to start in this time. */
async function triesIn(milliseconds: number): Promise<number> {
  const before = tries;
  await vi.advanceTimersByTimeAsync(milliseconds);
  return tries - before;
}

describe("a process that dies", () => {
  test("is followed by another", async () => {
    await place.fill();
    started[0]!.die();
    expect(await triesIn(FIRST_PAUSE)).toBe(1);
    expect(place.holds(started[1]!)).toBe(true);
    expect(complaints).toEqual(["a web process died; another one is started"]);
  });

  test("again and again as soon as it is ready waits longer each time, and one that lived begins anew", async () => {
    await place.fill();
    for (let pause = FIRST_PAUSE; pause < LAST_PAUSE; pause *= 2) {
      started.at(-1)!.die();
      expect(await triesIn(pause - 1)).toBe(0);
      expect(await triesIn(1)).toBe(1);
    }
    await vi.advanceTimersByTimeAsync(STEADY);
    started.at(-1)!.die();
    expect(await triesIn(FIRST_PAUSE)).toBe(1);
  });

  test("and cannot be started again is tried twice a minute in the end, for ever", async () => {
    await place.fill();
    trouble = new Error("no database");
    started[0]!.die();
    await vi.advanceTimersByTimeAsync(10 * LAST_PAUSE);
    expect(await triesIn(60 * 60_000)).toBe(120);
    trouble = null;
    expect(await triesIn(LAST_PAUSE)).toBe(1);
    expect(place.isServing).toBe(true);
  });

  test("is not followed by another when everything ends", async () => {
    await place.fill();
    place.vacate();
    started[0]!.die();
    expect(await triesIn(LAST_PAUSE)).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe("a process that is replaced", () => {
  test("finishes only when the next one is there", async () => {
    await place.fill();
    const [first] = started;
    await place.replace();
    expect(first!.finish).toHaveBeenCalledWith("hand over", 0);
    expect(place.holds(started[1]!)).toBe(true);
    expect(await triesIn(LAST_PAUSE)).toBe(0);
  });

  test("stays where the next one cannot start", async () => {
    await place.fill();
    trouble = new Error("no database");
    await expect(place.replace()).rejects.toThrow("no database");
    expect(started[0]!.finish).not.toHaveBeenCalled();
    expect(place.holds(started[0]!)).toBe(true);
  });

  test("and dies meanwhile has one successor, not two", async () => {
    await place.fill();
    const replaced = place.replace();
    started[0]!.die();
    await replaced;
    expect(await triesIn(LAST_PAUSE)).toBe(0);
    expect(started).toHaveLength(2);
  });

  test("and dies while the next one cannot start is followed by one that can", async () => {
    await place.fill();
    trouble = new Error("no database");
    const replaced = place.replace();
    started[0]!.die();
    await expect(replaced).rejects.toThrow("no database");
    trouble = null;
    expect(await triesIn(FIRST_PAUSE)).toBe(1);
    expect(place.isServing).toBe(true);
  });
});
