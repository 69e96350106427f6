import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { current, Logger, migrate, type Settings } from "graphile-migrate";
import type pg from "pg";
import { actingAs } from "./credentials.ts";

/** The folder that holds `db/` and `.gmrc`. */
export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** A migration that the database refused; the message shows where. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/** What `.gmrc` says, with connections that act as the owner of schemas and tables. */
export function migrationSettings(databaseUrl: string, onStep: (step: string) => void): Settings {
  const settings = JSON.parse(readFileSync(join(projectRoot, ".gmrc"), "utf8")) as Settings;
  return {
    ...settings,
    migrationsFolder: join(projectRoot, settings.migrationsFolder ?? "migrations"),
    connectionString: actingAs(databaseUrl, "rowhouse_owner"),
    databaseOwner: "rowhouse_owner",
    logger: new Logger(() => (level, message) => {
      if (level === "info") onStep(message.replace(/^graphile-migrate(\[shadow\])?: |^\[.*?\]: /, ""));
    }),
  };
}

/** Applies the committed migrations that the database lacks; returns when none is missing. */
export async function runCommitted(databaseUrl: string, onStep: (step: string) => void): Promise<void> {
  await explained(() => migrate(migrationSettings(databaseUrl, onStep)));
}

/** Applies `db/current` if it changed since it was last applied here. For development only. */
export async function runCurrent(databaseUrl: string, onStep: (step: string) => void): Promise<void> {
  await explained(() => current(migrationSettings(databaseUrl, onStep)));
}

/**
 * Names of committed migrations that the database lacks, in order. Asks `context.readiness()`, so any
 * role that may sign people in or serve requests can ask.
 */
export async function pendingMigrations(client: Pick<pg.Pool, "query">): Promise<string[]> {
  const committed = readdirSync(join(projectRoot, "db", "committed"))
    .filter((name) => /^\d+.*\.sql$/.test(name))
    .sort();
  const applied = await client
    .query<{ name: string }>("select unnest(migrations) as name from context.readiness()")
    .catch((error: pg.DatabaseError) => {
      // No such schema or function, or no way into it: nothing was ever migrated here.
      if (["3F000", "42883", "42501"].includes(error.code ?? "")) return null;
      throw error;
    });
  if (applied === null) return committed.length > 0 ? committed : ["db/current"];
  const names = new Set(applied.rows.map((row) => row.name));
  return committed.filter((name) => !names.has(name.replace(/^(\d+).*$/, "$1.sql")));
}

async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    // graphile-migrate keeps the line, the column and the surrounding SQL in this property.
    const shown = (cause as { _gmMessageOverride?: string })._gmMessageOverride;
    throw new MigrationError(shown ?? (cause as Error).message, { cause });
  }
}
