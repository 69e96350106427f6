import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import {
  buildVisitedTenants,
  type Line,
  printMatrix,
  SUBJECTS,
  tryMatrix,
  type VisitedTenant,
  WHO,
} from "../support/policy_matrix.ts";

let database: TestDatabase;
let tenants: { acme: VisitedTenant; globex: VisitedTenant };
let lines: Line[];

beforeAll(async () => {
  database = await createDatabase({ application: false });
  tenants = await buildVisitedTenants(database);
  lines = await tryMatrix(database.app, tenants.acme, tenants.globex);
});
afterAll(() => database.drop());

test("every table and view of the API is in the matrix", async () => {
  const { rows } = await database.admin.query<{ relname: string }>(
    "select relname from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p', 'v', 'm') order by 1",
  );
  expect(Object.keys(SUBJECTS).sort()).toEqual(rows.map((row) => row.relname));
});

test("nobody reaches a row of another tenant, by any command, on any table", () => {
  // What is the same for all is nobody's.
  const catalogues = ["permissions", "webhook_event_types", "model_prices"];
  const across = lines.filter(
    ({ table, attempt }) => attempt.includes("other tenant") && !catalogues.includes(table),
  );
  expect(across.length).toBeGreaterThan(30);
  for (const { table, attempt, cells } of across) {
    expect(cells, `${attempt} in app.${table}`).not.toContain("yes");
  }
});

test("outside the door nobody reaches anything", () => {
  const nobody = WHO.indexOf("nobody");
  for (const { table, attempt, cells } of lines)
    expect(cells[nobody], `${attempt} in app.${table}`).not.toBe("yes");
});

test("every cell is either a success, nothing, a missing permission or a missing grant", () => {
  for (const { table, attempt, cells } of lines) {
    for (const cell of cells)
      expect(cell, `${attempt} in app.${table}`).toMatch(
        /^(yes|–|42501|RH403 [a-z_]+|RH404|RH409|RH405|23505)$/,
      );
  }
});

test("the other way round it is the same", async () => {
  expect(await tryMatrix(database.app, tenants.globex, tenants.acme)).toEqual(lines);
});

test("db/policy-matrix.md is what the database does", () => {
  expect(readFileSync("db/policy-matrix.md", "utf8"), "run: npm run generate").toBe(printMatrix(lines));
});
