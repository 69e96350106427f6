import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";

describe("a test database", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  test("lets each login role connect as itself", async () => {
    for (const role of ["app", "auth", "worker"] as const) {
      const { rows } = await database[role].query("select session_user::text as role");
      expect(rows).toEqual([{ role: `rowhouse_${role}` }]);
    }
  });

  test("lets no login role create schemas or temporary tables", async () => {
    for (const role of ["app", "auth", "worker"] as const) {
      await expect(database[role].query("create schema mine")).rejects.toMatchObject({ code: "42501" });
      await expect(database[role].query("create temporary table mine ()")).rejects.toMatchObject({
        code: "42501",
      });
    }
  });
});
