import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { asDatabase } from "../../src/database/credentials.ts";
import { projectRoot } from "../../src/database/migrations.ts";
import { actors } from "../support/acting_as.ts";
import { type Checkout, makeCheckout } from "../support/checkout.ts";
import { surroundings } from "../support/command_line.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { buildTenants } from "../support/tenants.ts";

let database: TestDatabase;
let checkout: Checkout;
const fresh = `upgraded_${process.pid}`;
beforeAll(async () => {
  database = await createDatabase({ application: false });
  checkout = makeCheckout();
});
afterAll(async () => {
  checkout.remove();
  await database.admin.query(`drop database if exists ${fresh} with (force)`);
  await database.drop();
});

const at = (...path: string[]): string => join(checkout.folder, ...path);

/** Runs something in the checkout, against this database or another. */
function run(args: string[], url = database.adminUrl): Promise<string> {
  const settings = {
    DATABASE_URL: url,
    MASTER_KEY: testMasterKey.toString("base64"),
    NODE_ENV: "production",
  };
  return new Promise((done, failed) => {
    execFile(
      process.execPath,
      args,
      {
        cwd: checkout.folder,
        env: { ...surroundings(), HOME: checkout.folder, PUBLIC_URL: "https://x.test", ...settings },
      },
      (error, out, err) => (error === null ? done(out) : failed(new Error(out + err))),
    );
  });
}
const migrate = (url?: string): Promise<string> => run(["src/cli.ts", "migrate"], url);

/** What the upgrade is about, and what it has to leave as it was. */
async function state(client: Pick<pg.Pool, "query">) {
  const { rows } = await client.query(
    `select to_regclass('app.badges') is not null as upgraded,
       (select obj_description(oid, 'pg_policy') from pg_policy
        where polname = 'nothing crosses the wall' and polrelid = 'app.widgets'::regclass) as wall,
       (select array_agg(name order by number) from tenancy.migrations) as history`,
  );
  return rows[0];
}

test("Rowhouse is upgraded beneath an application, whose tables learn what is new and keep what they hold", async () => {
  // The application, on the Rowhouse of today.
  writeFileSync(
    at("migrations", "000001-widgets.sql"),
    readFileSync(join(projectRoot, "src", "commands", "new", "table.sql"), "utf8"),
  );
  await migrate();
  const { acme, globex } = await buildTenants(database);
  const actingAs = actors(database.app);
  await actingAs(acme.admin).expect("insert into app.widgets (name) values ('Bolt')").toReach(1);
  const before = await state(database.admin);
  expect(before).toMatchObject({ upgraded: false, history: ["widgets"] });

  // A Rowhouse of tomorrow: a table more, and another word on every wall.
  const newer = "Nothing that a policy permits leads next door.";
  const apply = readFileSync(at("db", "schema", "tenancy", "apply.sql"), "utf8");
  const wall = "Whatever the policies below permit, they permit inside the caller''s tenant.";
  expect(apply).toContain(wall);
  writeFileSync(at("db", "schema", "tenancy", "apply.sql"), apply.replace(wall, newer));
  writeFileSync(
    at("db", "current", "1-current.sql"),
    `create table app.badges (
         tenant_id uuid not null default context.tenant_id() references app.tenants,
         id        uuid not null default uuidv7(),
         primary key (tenant_id, id)
     );
     comment on table app.badges is 'A badge.';
     select tenancy.protect('app.badges');
--!include all.sql\n`,
  );
  await run(["src/development/commit.ts", "badges"]);

  await migrate();
  const after = await state(database.admin);
  expect(after).toMatchObject({ upgraded: true, history: ["widgets"] });
  expect(before.wall).toContain("inside the caller's tenant");
  expect(after.wall).toContain(newer);
  await actingAs(acme.member).expect("select from app.widgets where name = 'Bolt'").toReach(1);
  await actingAs(globex.admin).expect("select id from app.widgets").toReach(0);
  await actingAs(acme.member).expect("delete from app.widgets").toBeRefused("RH403", "write_widgets");
  expect((await database.admin.query("select from context.access_drift()")).rowCount).toBe(0);

  // The application goes on, and a new installation has both from the beginning.
  writeFileSync(
    at("migrations", "000002-more.sql"),
    "comment on table app.widgets is 'A widget on the newer Rowhouse.';\n",
  );
  expect(await migrate()).toContain("migrations/000002-more.sql");
  const url = asDatabase(inject("adminUrl"), fresh);
  await migrate(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  expect(await state(client)).toEqual({ ...after, history: ["widgets", "more"] });
  await client.end();
}, 400_000);
