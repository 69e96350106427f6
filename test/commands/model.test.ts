import { rmSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  folder = makeFolder();
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => database.admin.query("delete from app.model_prices"));

const price = (...args: string[]) =>
  rowhouse(["model", "price", ...args], folder, {
    NODE_ENV: "test",
    DATABASE_URL: database.adminUrl,
    MASTER_KEY: testMasterKey.toString("base64"),
    HOME: folder,
  });
const stored = async () =>
  (
    await database.admin.query(
      "select model, input_micros, cached_input_micros, output_micros, reasoning_micros from app.model_prices order by model",
    )
  ).rows;

describe("rowhouse model price", () => {
  test("enters what a model costs, and takes what is not said from what is", async () => {
    const { code, out } = await price("set", "openai/gpt-5", "--input", "1250000", "--output", "10000000");
    expect(code).toBe(0);
    expect(out).toMatch(/^model .*\nopenai\/gpt-5 +1250000 \(1\.25\) +1250000 \(1\.25\) +10000000 \(10\) /);
    expect(await stored()).toEqual([
      {
        model: "openai/gpt-5",
        input_micros: "1250000",
        cached_input_micros: "1250000",
        output_micros: "10000000",
        reasoning_micros: "10000000",
      },
    ]);
  });

  test("changes a price, and tells all of them as JSON", async () => {
    await price("set", "sun", "--input", "1", "--output", "2");
    const more = ["--cached-input", "0", "--reasoning", "4", "--json"];
    const { out } = await price("set", "sun", "--input", "2", "--output", "3", ...more);
    const changed = {
      model: "sun",
      input_micros: 2,
      cached_input_micros: 0,
      output_micros: 3,
      reasoning_micros: 4,
    };
    expect(JSON.parse(out)).toMatchObject(changed);
    await price("set", "moon", "--input", "1", "--output", "1");
    const listed = JSON.parse((await price("list", "--json")).out);
    expect(listed).toMatchObject([{ model: "moon" }, changed]);
  });

  test("forgets a price once", async () => {
    await price("set", "sun", "--input", "1", "--output", "2");
    expect(await price("remove", "sun")).toMatchObject({
      code: 0,
      out: expect.stringContaining("sun has no price"),
    });
    expect(await price("remove", "sun")).toMatchObject({ code: 1, err: 'rowhouse: "sun" has no price\n' });
    expect(await price("list")).toMatchObject({ code: 0, out: "no price\n" });
  });

  test.each([
    [[], '"model price" wants one of list, set, remove'],
    [["raise"], '"model price" cannot "raise"'],
    [["list", "sun"], '"model price list" takes no argument "sun"'],
    [["set", "--input", "1", "--output", "1"], '"model price set" wants one model'],
    [["set", "sun", "--input", "1"], "wants --input and --output"],
    [["set", "a model", "--input", "1", "--output", "1"], '"a model" is no name of a model'],
    [["set", "sun", "--input", "0.25", "--output", "1"], "--input is a whole number"],
    [["set", "sun", "--input", "1", "--output", "1000000000001"], "--output is a whole number"],
    [["set", "sun", "--input", "1", "--output", "1", "--reasoning", "x"], "--reasoning is a whole number"],
  ])("refuses %j with status 2, and enters nothing", async (args, message) => {
    const { code, err } = await price(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(await stored()).toEqual([]);
  });
});
