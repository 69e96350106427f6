import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Checkout, makeCheckout } from "../support/checkout.ts";

let checkout: Checkout;
beforeEach(() => {
  checkout = makeCheckout();
});
afterEach(() => checkout.remove());

const run = (...args: string[]) =>
  new Promise<{ status: number; out: string; err: string }>((done) => {
    execFile(
      process.execPath,
      ["src/cli.ts", "new", ...args],
      { cwd: checkout.folder, env: { PATH: process.env.PATH } },
      (error, out, err) => done({ status: error === null ? 0 : Number(error.code), out, err }),
    );
  });
const files = (): string[] =>
  readdirSync(join(checkout.folder, "migrations")).filter((name) => name.endsWith(".sql"));
const read = (file: string): string => readFileSync(join(checkout.folder, "migrations", file), "utf8");

test("rowhouse new writes the next migration, each with the number that is free", async () => {
  expect(await run("table", "spare_parts")).toMatchObject({ status: 0, err: "" });
  expect(await run("table", "notes", "--own")).toMatchObject({ status: 0, err: "" });
  expect((await run("migration", "add-colour")).out).toContain("migrations/000003-add-colour.sql: written");
  expect(files()).toEqual(["000001-spare-parts.sql", "000002-notes.sql", "000003-add-colour.sql"]);
  expect(read("000001-spare-parts.sql")).toContain(
    "select tenancy.protect('app.spare_parts', read => 'read_spare_parts'",
  );
  expect(read("000002-notes.sql")).toContain("select tenancy.protect('app.notes', owner => 'user_id'");
  for (const file of files()) expect(read(file)).not.toContain("widgets");
});

test.each([
  [[], '"new" wants table or migration'],
  [["index"], '"new" wants table or migration'],
  [["table"], '"new table" wants one name'],
  [["table", "widgets", "gadgets"], '"new table" wants one name'],
  [["table", "Widgets"], '"Widgets" is no table\'s name'],
  [["table", "widgets; drop table app.users"], "is no table's name"],
  [["table", "../widgets"], "is no table's name"],
  [["migration", "Add Colour"], "is no migration's name"],
  [["migration", "add-colour", "--own"], "--own is for a table"],
  [["table", "widgets", "--force"], "Unknown option '--force'"],
])("rowhouse new %j is refused, and nothing is written", async (args, message) => {
  const { status, out, err } = await run(...args);
  expect({ status, out }).toEqual({ status: 2, out: "" });
  expect(err).toContain(message);
  expect(files()).toEqual([]);
});

test("rowhouse new tells of files that are called otherwise, and replaces none", async () => {
  writeFileSync(join(checkout.folder, "migrations", "colour.sql"), "select 1;\n");
  const { status, err } = await run("table", "widgets");
  expect(status).toBe(2);
  expect(err).toContain("migrations/colour.sql is called otherwise than 000001-some-words.sql");
  expect(files()).toEqual(["colour.sql"]);
});
