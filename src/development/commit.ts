// `npm run db:commit -- <name>`: freezes db/current, includes and all, into db/committed/00000n-<name>.sql.
//
// Until the first release there is one migration, and it is made anew: where db/current is blank the last
// committed migration is first taken back into it. `npm run db:commit -- --undo` does only that, to edit
// what was committed; never do it to a migration that was released. Nothing but db/ is touched; the
// databases that graphile-migrate needs live on a server of their own while this runs.
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { commit, type Settings, status, uncommit } from "graphile-migrate";
import pg from "pg";
import { actingAs, asDatabase } from "../database/credentials.ts";
import { connectionsGone, migrate } from "../database/migrate.ts";
import { migrationSettings, projectRoot } from "../database/migrations.ts";
import { withTemporaryServer } from "./temporary_server.ts";

const {
  values: { undo },
  positionals: [name = ""],
} = parseArgs({ allowPositionals: true, options: { undo: { type: "boolean", default: false } } });
if (undo === /^[a-z][a-z0-9-]*$/.test(name)) {
  console.error("Usage: npm run db:commit -- <name>   (lower-case words with hyphens: add-invitations)");
  console.error("       npm run db:commit -- --undo");
  process.exit(2);
}

const committed = join(projectRoot, "db", "committed");

await withTemporaryServer(async ({ adminUrl, passwords }) => {
  // One database that has every migration so far, to take the last one back from; one that has none.
  await migrate({ adminUrl: asDatabase(adminUrl, "migrated"), passwords });
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query("create database fresh owner rowhouse_owner");

  const settingsFor = (database: string): Settings => ({
    ...migrationSettings(asDatabase(adminUrl, database), (step) => console.log(step)),
    rootConnectionString: adminUrl,
    shadowConnectionString: actingAs(asDatabase(adminUrl, "shadow"), "rowhouse_owner"),
  });
  try {
    const { hasCurrentMigration } = await status(settingsFor("migrated"), { skipDatabase: true });
    if (undo && hasCurrentMigration) throw new Error("db/current is not blank; commit it first");
    if (!hasCurrentMigration) {
      await uncommit(settingsFor("migrated"));
      await connectionsGone(admin, "shadow");
    }
    if (undo) return;
    await commit(settingsFor("fresh"), name);
    // graphile-migrate makes it unreadable for others; an image's user is another one.
    for (const file of readdirSync(committed)) chmodSync(join(committed, file), 0o644);
  } finally {
    for (const database of ["migrated", "fresh", "shadow"]) await connectionsGone(admin, database);
    await admin.end();
  }
});
if (!undo) console.log("Now run npm run generate, and review the difference.");
