import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Mutant } from "../../../src/inspect/mutate/mutants.ts";
import { isCaught, mutate, type Score, type Trial } from "../../../src/inspect/mutate/mutate.ts";
import { floorOf, isHeld, mutationFormats } from "../../../src/inspect/mutate/report.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** What is broken on purpose below, all in one run: each part of the database is attacked as it is only once. */
const PARTS = {
  seal: /^the seal and the permissions: context\.open_seal.*: (?!the permission)/,
  announcement: /drop trigger announce on app\.roles$/,
  truncation: /audit_truncate on app\.roles$/,
  caller: /^the seal and the permissions: .*(permission is not checked|a caller|an owner)$/,
  sealing: /execute on function context\.(seal|act)\(/,
  preferences: /^drop policy: .* on app\.user_preferences/,
};

describe("mutants", () => {
  let before: unknown;
  let after: unknown;
  let score: Score;
  const nameOf = ({ kind, name }: Mutant): string => `${kind}: ${name}`;
  const of = (part: keyof typeof PARTS): Trial[] =>
    score.trials.filter(({ mutant }) => PARTS[part].test(nameOf(mutant)));
  const inAPart = (mutant: Mutant): boolean =>
    Object.values(PARTS).some((pattern) => pattern.test(nameOf(mutant)));

  // A template must have no connection, so each look has one of its own.
  const look = async (sql: string): Promise<unknown> => {
    const client = new pg.Client({ connectionString: database.adminUrl });
    await client.connect();
    const { rows } = await client.query(sql);
    await client.end();
    return rows;
  };
  const POLICIES = "select oid, polname, pg_get_expr(polqual, polrelid) from pg_policy order by oid";
  const CLONES = "select datname from pg_database where datname like 'prove\\_%'";

  beforeAll(async () => {
    before = await look(POLICIES);
    score = await mutate({
      url: database.adminUrl,
      seed: 20,
      sample: 2,
      besides: inAPart,
      untilNoticed: true,
      wholly: (mutant) => PARTS.sealing.test(nameOf(mutant)),
    });
    after = await look(POLICIES);
  }, 900_000);

  test("are noticed: as many of a sample as 95% of all allow", () => {
    const drawn = { ...score, trials: score.trials.filter(({ mutant }) => !inAPart(mutant)) };
    expect(drawn.trials).toHaveLength(2);
    expect(score.stillborn).toEqual([]);
    expect(floorOf(drawn)).toBeCloseTo(0.642, 2);
    expect(isHeld(drawn), mutationFormats.table(drawn)).toBe(true);
  });

  test("the seal's leak, but for the two that stand in for each other", () => {
    const outcome = of("seal").map(({ mutant, leak }) => [
      mutant.name.replace("context.open_seal(text): ", ""),
      leak !== null,
    ]);
    expect(Object.fromEntries(outcome)).toEqual({
      "the HMAC is not checked": true,
      "the transaction is not checked": true,
      "the backend is not checked": false,
      "the expiry is not checked": false,
      "neither transaction nor backend is checked": true,
    });
    const survivors = of("seal").filter((trial) => !isCaught(trial));
    expect(survivors.map(({ explanation }) => explanation)).not.toContain(null);
  });

  test("that cannot matter are noticed by nobody: nothing is counted for a wrong reason", () => {
    expect(of("announcement").map(isCaught)).toEqual([false]);
    expect(of("announcement").map(({ explanation }) => explanation)).not.toContain(null);
  });

  test("that let a truncate come one table further are noticed by which table refuses it", () => {
    expect(of("truncation").map(({ matrix }) => matrix)).toEqual([
      "migrations | app.roles | truncate | other tenant's: RH405 app.roles became RH405 app.memberships",
    ]);
  });

  test("that weaken what functions say of the caller are noticed by what people may do within their tenant", () => {
    expect(of("caller").map(isCaught)).toEqual(Array.from({ length: 5 }, () => true));
    expect(
      of("caller")
        .map(({ matrix, leak }) => `${matrix} ${leak}`)
        .join("\n"),
    ).not.toContain("is new");
  });

  test("that make the sealing functions executable leak", () => {
    expect(of("sealing").map(({ leak }) => leak)).toEqual([expect.any(String), expect.any(String)]);
  });

  test("leave the database as it was: they were made in a clone, which is gone", async () => {
    expect(of("preferences").map(isCaught)).toEqual([true, true]);
    expect(after).toEqual(before);
    // Another file's are there for a while.
    await expect.poll(() => look(CLONES), { timeout: 60_000 }).toEqual([]);
  });

  test("need a database that nobody else is connected to, and say so", async () => {
    const other = new pg.Client({ connectionString: database.adminUrl });
    await other.connect();
    await expect(mutate({ url: database.adminUrl, seed: 20, sample: 1 })).rejects.toThrow(
      /cannot be cloned: .*end the other connections/,
    );
    await other.end();
  });
});
