import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../../src/database/migrations.ts";
import { differences, type Matrix, matrixOf, printMatrix } from "../../../src/inspect/prove/matrix.ts";
import { prove } from "../../../src/inspect/prove/run.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";

const COMMITTED = join(projectRoot, "db", "proof-matrix.json");

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase({ application: false });
});
afterAll(() => database.drop());

test("a change that crosses no tenant is told too", async () => {
  await database.admin.query(
    `alter policy "people keep their own preferences" on app.user_preferences
     using (tenant_id = (select context.tenant_id()))`,
  );
  const table = "app.user_preferences";
  const { cells } = await prove({
    url: database.adminUrl,
    seed: 1,
    runs: 0,
    scope: { relations: [table], elsewhere: false },
  });
  const committed = JSON.parse(readFileSync(COMMITTED, "utf8"));
  expect(differences({ [table]: committed[table] }, matrixOf(cells))).toContain(
    "app.user_preferences | select | colleague's | member: expected –, found yes",
  );
});

test("cells that are new, gone or different are each a sentence", () => {
  const before: Matrix = {
    a: { "select | own": { owner: "yes", member: "–" } },
    gone: { x: { owner: "yes" } },
  };
  const after: Matrix = { a: { "select | own": { owner: "yes", member: "yes", viewer: "–" } } };
  expect(differences(before, after)).toEqual([
    "a | select | own | member: expected –, found yes",
    "a | select | own | viewer: expected nothing, found –",
    "gone | x | owner: expected yes, found nothing",
  ]);
  expect(differences(after, JSON.parse(printMatrix(after)))).toEqual([]);
});
