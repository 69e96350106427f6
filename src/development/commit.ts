// `npm run db:commit -- <name>`: freezes db/current, includes and all, into db/committed/00000n-<name>.sql.
//
// Until the first release there is one migration, and it is made anew: where db/current is blank the last
// committed migration is first taken back into it. Nothing but db/ is touched; the databases that
// graphile-migrate needs live on a server of their own while this runs.
import { parseArgs } from "node:util";
import { commit, type Settings, status, uncommit } from "graphile-migrate";
import pg from "pg";
import { actingAs, asDatabase } from "../database/credentials.ts";
import { connectionsGone, migrate } from "../database/migrate.ts";
import { migrationSettings } from "../database/migrations.ts";
import { withTemporaryServer } from "./temporary_server.ts";

const name = parseArgs({ allowPositionals: true }).positionals[0];
if (!name || !/^[a-z][a-z0-9-]*$/.test(name)) {
  console.error(
    "Usage: npm run db:commit -- <name>   (lower-case words with hyphens: tenancy, add-invitations)",
  );
  process.exit(2);
}

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
    if (!hasCurrentMigration) {
      await uncommit(settingsFor("migrated"));
      await connectionsGone(admin, "shadow");
    }
    await commit(settingsFor("fresh"), name);
  } finally {
    for (const database of ["migrated", "fresh", "shadow"]) await connectionsGone(admin, database);
    await admin.end();
  }
});
console.log("Now run npm run generate, and review the difference.");
