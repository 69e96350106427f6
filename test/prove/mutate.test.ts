import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isCaught, mutate, type Score } from "../../src/inspect/mutate.ts";
import { isHeld, mutationFormats, scoreOf } from "../../src/inspect/mutate_report.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const trials = async (only: RegExp): Promise<Score> =>
  mutate({ url: database.adminUrl, seed: 1, only: ({ name, kind }) => only.test(`${kind}: ${name}`) });

describe("mutants", () => {
  test("are noticed: at least 95% of a sample, and every survivor is explained", async () => {
    const score = await mutate({ url: database.adminUrl, seed: 20, sample: 30 });
    expect(score.trials.length + score.stillborn.length).toBe(30);
    expect(score.stillborn).toEqual([]);
    expect(scoreOf(score), mutationFormats.table(score)).toBeGreaterThanOrEqual(0.95);
    expect(isHeld(score)).toBe(true);
  }, 180_000);

  test("of the seal leak, but for the two that stand in for each other", async () => {
    const score = await trials(/^the seal and the permissions: context\.claims/);
    const outcome = score.trials.map(({ mutant, leak }) => [
      mutant.name.replace("context.claims(): ", ""),
      leak !== null,
    ]);
    expect(Object.fromEntries(outcome)).toEqual({
      "the HMAC is not checked": true,
      "the transaction is not checked": true,
      "the backend is not checked": false,
      "the expiry is not checked": false,
      "neither transaction nor backend is checked": true,
    });
    expect(
      score.trials.filter((trial) => !isCaught(trial)).map(({ explanation }) => explanation),
    ).not.toContain(null);
  }, 60_000);

  test("that cannot matter are noticed by nobody: nothing is counted for a wrong reason", async () => {
    const score = await trials(/audit_truncate on app\.(tenants|users|roles|memberships|conversations)$/);
    expect(score.trials.map(isCaught)).toEqual([false, false, false, false, false]);
    expect(score.trials.map(({ explanation }) => explanation)).not.toContain(null);
  }, 60_000);

  test("that weaken what functions say of the caller are noticed by what people may do within their tenant", async () => {
    const score = await trials(
      /^the seal and the permissions: context\.(tenant_where|tenant_requiring|may|is_)/,
    );
    expect(score.trials.map(isCaught)).toEqual([true, true, true, true, true]);
    expect(score.trials.map(({ matrix, leak }) => `${matrix} ${leak}`).join("\n")).not.toContain("is new");
  }, 120_000);

  test("that make the sealing functions executable leak", async () => {
    const score = await trials(/execute on function context\.(seal|act)\(/);
    expect(score.trials.map(({ leak }) => leak)).toEqual([expect.any(String), expect.any(String)]);
  }, 60_000);

  test("leave the database as it was: they were made in a clone", async () => {
    // A template must have no connection, so each look has one of its own.
    const look = async (): Promise<unknown> => {
      const client = new pg.Client({ connectionString: database.adminUrl });
      await client.connect();
      const { rows } = await client.query(
        `select (select count(*) from pg_policy) as policies,
           (select count(*) from pg_database where datname like 'prove\\_%') as clones`,
      );
      await client.end();
      return rows;
    };
    const before = await look();
    const score = await trials(/^drop policy: .* on app\.user_preferences/);
    expect(score.trials.map(isCaught)).toEqual([true, true]);
    expect(await look()).toEqual(before);
  }, 60_000);

  test("need a database that nobody else is connected to, and say so", async () => {
    const other = new pg.Client({ connectionString: database.adminUrl });
    await other.connect();
    await expect(trials(/^drop policy/)).rejects.toThrow(/cannot be cloned: .*end the other connections/);
    await other.end();
  });
});
