// `npm run db:commit -- <name>`: freezes db/current, includes and all, into db/committed/00000n-<name>.sql.
//
// Until the first release there is one migration, and it is made anew: where db/current is blank the last
// committed migration is first taken back into it. `npm run db:commit -- --undo` does only that, to edit
// what was committed; never do it to a migration that was released.
//
// All of it happens in a copy of db/, with databases on a server of their own. What comes out is looked at
// (check_commit.ts) before it takes the place of db/committed and db/current: a refusal changes nothing.
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { commit, type Settings, status, uncommit } from "graphile-migrate";
import pg from "pg";
import { actingAs, asDatabase } from "../database/credentials.ts";
import { connectionsGone, migrate } from "../database/migrate.ts";
import { copyMigrations, migrationSettings, projectRoot } from "../database/migrations.ts";
import { checkCommit } from "./check_commit.ts";
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

const db = join(projectRoot, "db");
const copy = mkdtempSync(join(tmpdir(), "rowhouse-commit-"));
try {
  copyMigrations(db, copy);
  const refusals = await withTemporaryServer(freeze);
  if (refusals.length > 0) {
    console.error(`\nNot committed, and nothing was changed:\n\n${refusals.join("\n\n")}`);
    process.exitCode = 1;
  } else {
    for (const folder of ["committed", "current"]) bringBack(folder);
    if (!undo) console.log("Now run npm run generate, and review the difference.");
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** Freezes, or takes back, in the copy; returns what speaks against it. */
async function freeze({ adminUrl, passwords }: Parameters<Parameters<typeof withTemporaryServer>[0]>[0]) {
  // One database that has every migration so far, to take the last one back from; one that has none.
  await migrate({ adminUrl: asDatabase(adminUrl, "migrated"), passwords, application: null });
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query("create database fresh owner rowhouse_owner");

  const settingsFor = (database: string): Settings => ({
    ...migrationSettings(asDatabase(adminUrl, database), (step) => console.log(step)),
    migrationsFolder: copy,
    rootConnectionString: adminUrl,
    shadowConnectionString: actingAs(asDatabase(adminUrl, "shadow"), "rowhouse_owner"),
  });
  try {
    const { hasCurrentMigration } = await status(settingsFor("migrated"), { skipDatabase: true });
    if (undo && hasCurrentMigration) return ["db/current is not blank; commit it first."];
    if (!hasCurrentMigration) {
      await uncommit(settingsFor("migrated"));
      await connectionsGone(admin, "shadow");
    }
    if (undo) return [];
    await commit(settingsFor("fresh"), name);
    await connectionsGone(admin, "fresh");
    return await checkCommit(asDatabase(adminUrl, "fresh"), settingsFor("fresh"));
  } finally {
    for (const database of ["migrated", "fresh", "shadow"]) await connectionsGone(admin, database);
    await admin.end();
  }
}

/** Makes a folder of db/ what it is in the copy. */
function bringBack(folder: string): void {
  const wanted = readdirSync(join(copy, folder));
  for (const file of wanted) {
    cpSync(join(copy, folder, file), join(db, folder, file));
    // graphile-migrate makes it unreadable for others; an image's user is another one.
    chmodSync(join(db, folder, file), 0o644);
  }
  for (const file of readdirSync(join(db, folder))) {
    if (!wanted.includes(file)) rmSync(join(db, folder, file));
  }
}
