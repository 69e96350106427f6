import { afterAll, beforeAll, expect, test } from "vitest";
import { withInspect } from "../../../src/inspect/catalogue/install.ts";
import { lint } from "../../../src/inspect/lint/lint.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { checks, named } from "./sample.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.admin.query(`
    create table app.leaves (id integer primary key, colour text not null) with (autovacuum_enabled = false);
    create index leaves_by_colour on app.leaves (colour);
    insert into app.leaves select number, 'green' from generate_series(1, 10000) as number`);
});
afterAll(() => database.drop());

/** Runs SQL on a connection of its own and has its statistics written before the next line. */
async function counted(sql: string): Promise<void> {
  await database.admin.query(`${sql}; select pg_stat_force_next_flush()`);
  await database.admin.query("select 1");
}

const asked = async (number: string) => {
  const found = await withInspect(database.adminUrl, (client) =>
    lint(
      client,
      checks.filter((check) => check.number === number),
    ),
  );
  return { found, names: named(found) };
};

test("an index that a thousand scans did not use is found, and gone when dropped", async () => {
  expect((await asked("0044")).names).toEqual([]);
  await counted(`do $$ begin
    for number in 1..1000 loop perform from app.leaves where id = number; end loop;
  end $$`);
  const { found, names } = await asked("0044");
  expect(names).toEqual(["0044 app.leaves_by_colour"]);
  await database.admin.query(found[0]!.mend);
  expect((await asked("0044")).names).toEqual([]);
});

test("a table of dead rows is found, and mended by a vacuum", async () => {
  expect((await asked("0058")).names).toEqual([]);
  await counted("delete from app.leaves");
  const { found, names } = await asked("0058");
  expect(names).toEqual(["0058 app.leaves"]);
  await counted("select 1");
  await database.admin.query(found[0]!.mend);
  expect((await asked("0058")).names).toEqual([]);
});
