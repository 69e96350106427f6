import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  folder = mkdtempSync(join(tmpdir(), "rowhouse-jobs-"));
});
afterEach(() => database.worker.query("delete from graphile_worker._private_jobs"));
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

const jobs = (...args: string[]) => rowhouse(["jobs", ...args], folder, commandSettings(database));

/** A job that has used all its attempts up. */
async function failedJob(name: string): Promise<string> {
  const { rows } = await database.worker.query<{ id: string }>(
    "select id from graphile_worker.add_job($1, '{}', max_attempts => 3)",
    [name],
  );
  const { id } = rows[0]!;
  await database.worker.query(
    "update graphile_worker._private_jobs set attempts = 3, last_error = $2 where id = $1",
    [id, "the cause\nand its stack"],
  );
  return id;
}

test("jobs list shows an empty queue, and what is in it", async () => {
  expect(await jobs("list")).toMatchObject({ code: 0, out: "the queue is empty\n" });
  const id = await failedJob("expire_sessions");
  const { code, out } = await jobs("list");
  expect(code).toBe(0);
  expect(out).toMatch(/^id +job +state +attempts +runs at +last error\n/);
  expect(out).toMatch(new RegExp(`^${id} +expire_sessions +failed +3/3 +\\S+Z +the cause$`, "m"));
  expect(JSON.parse((await jobs("list", "--format", "json")).out)).toMatchObject([
    { id, state: "failed", attempts: 3 },
  ]);
});

test("jobs retry gives back all attempts to the job that is named, or to all that failed", async () => {
  const [one, other] = [await failedJob("expire_sessions"), await failedJob("rotate_seal_key")];
  expect(await jobs("retry", one)).toMatchObject({ code: 0, out: `job ${one} runs again\n` });
  const states = async () =>
    (await database.worker.query("select id, state, attempts from jobs.list()")).rows;
  expect(await states()).toEqual([
    { id: one, state: "waiting", attempts: 0 },
    { id: other, state: "failed", attempts: 3 },
  ]);
  expect(await jobs("retry", "--failed")).toMatchObject({ code: 0, out: `job ${other} runs again\n` });
  expect((await states()).map(({ state }) => state)).toEqual(["waiting", "waiting"]);
  expect(await jobs("retry", "--failed")).toMatchObject({ code: 0, out: "no job has failed for good\n" });
});

test("jobs retry says of a job that has not failed for good that it has not", async () => {
  expect(await jobs("retry", "4711")).toMatchObject({
    code: 1,
    err: "rowhouse: no job 4711 has failed for good\n",
  });
});

test.each([
  [[]],
  [["retry"]],
  [["retry", "one"]],
  [["retry", "--failed", "1"]],
  [["list", "all"]],
  [["mend"]],
])("jobs %j is a misuse", async (args) => expect((await jobs(...args)).code).toBe(2));
