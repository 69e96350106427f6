import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseCheck } from "../../../src/inspect/lint/checks.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { isMended, reach, widened } from "./reach.ts";
import { type Breakage, checks, findings, named, openSample, readBreakages } from "./sample.ts";

let database: TestDatabase;
let sample: pg.Client;
beforeAll(async () => {
  database = await createDatabase();
  sample = await openSample(database.adminUrl);
});
afterAll(async () => {
  await sample.query("rollback");
  await sample.end();
  await database.drop();
});

/** Whether a check ever prints a statement to run: a mend that is only a comment is none. */
const PRINTS_SQL =
  /'(?:alter|drop|revoke|create|comment|select|reindex|vacuum)\b|inspect\.(?:alter_policy|close_alternatives|narrow_grant|hold_to_tenant)\(|closing as mend/;

/** Checks that read statistics, which only exist after a commit: statistics.test.ts breaks them. */
const OF_STATISTICS = ["0044", "0058"];

const breakages = readBreakages("…").map(
  ({ check }) => [`${check.number} ${check.title}`, check.number] as const,
);
const breakage = (number: string): Breakage =>
  readBreakages(database.name).find(({ check }) => check.number === number)!;

/** Runs `work` and undoes what it did. */
async function undoing(work: () => Promise<void>): Promise<void> {
  await sample.query("savepoint before");
  try {
    await work();
  } finally {
    await sample.query("rollback to savepoint before");
  }
}

test("nothing is wrong with the sample before it is broken", async () => {
  expect(named(await findings(sample))).toEqual([]);
});

test("every check has a way to break the sample, or is tested with statistics", () => {
  expect([...breakages.map(([, number]) => number), ...OF_STATISTICS].sort()).toEqual(
    checks.map(({ number }) => number),
  );
});

test("no number is used twice", () => {
  expect(new Set(checks.map(({ number }) => number)).size).toBe(checks.length);
});

describe("breaking the sample is noticed by exactly one check, and mended by its own SQL, which opens nothing:", () => {
  test.each(breakages)("%s", async (_title, number) => {
    const { expected, beside, after, healthy, broken } = breakage(number);
    await undoing(async () => {
      await sample.query(healthy);
      await sample.query(broken);
      const found = await findings(sample);
      expect(named(found), "broken").toEqual([...expected, ...beside].sort());

      const mine = found.filter((finding) => finding.check.number === number);
      const before = await reach(sample, "sample_");
      for (const mend of new Set(mine.filter(isMended).map((finding) => finding.mend)))
        await sample.query(mend);
      expect(named(await findings(sample)), "mended").toEqual(
        [...named(mine.filter((finding) => !isMended(finding))), ...beside, ...after].sort(),
      );
      expect(widened(before, await reach(sample, "sample_"))).toEqual([]);
    });
  });
});

test("the checks that print no SQL are those where only a person can say what was meant", async () => {
  const silent = checks.filter(({ sql }) => !PRINTS_SQL.test(sql)).map(({ number }) => number);
  expect(silent).toEqual(["0009", "0010", "0019", "0023", "0071"]);
});

test("in a database where everything is broken at once, each check finds its own and nothing else", async () => {
  const all = readBreakages(database.name);
  await undoing(async () => {
    for (const { healthy } of all) await sample.query(healthy);
    expect(named(await findings(sample)), "healthy").toEqual(all.flatMap(({ beside }) => beside).sort());
    for (const { broken } of all) await sample.query(broken);
    expect(named(await findings(sample)), "broken").toEqual(
      all.flatMap(({ expected, beside }) => [...expected, ...beside]).sort(),
    );
  });
});

describe("a check's file", () => {
  const source =
    "-- title: A title\n-- level: error\n-- rationale: Because,\n--   and so on.\n-- mend: Mend it.\nselect 1";

  test("is read with its continued lines", () => {
    expect(parseCheck("0001_name.sql", source)).toMatchObject({
      number: "0001",
      name: "name",
      title: "A title",
      level: "error",
      rationale: "Because, and so on.",
      mend: "Mend it.",
      splinter: [],
      sql: "select 1",
    });
  });

  test.each([
    ["1_name.sql", source, "is not named NNNN_name.sql"],
    ["0001_name.sql", source.replace("-- title: A title\n", ""), "has no title"],
    ["0001_name.sql", source.replace("error", "fatal"), "has no such level: fatal"],
    ["0001_name.sql", source.replace("-- mend", "-- colour: red\n-- mend"), "has no such field: colour"],
    ["0001_name.sql", source.replace("--   and", "-- and"), "0001_name.sql:4 is neither a field"],
  ])("is refused when it is wrong: %s %#", (file, wrong, problem) => {
    expect(() => parseCheck(file, wrong)).toThrow(problem);
  });
});
