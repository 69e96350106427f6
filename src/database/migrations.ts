import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, current, Logger, migrate, type Settings } from "graphile-migrate";
import { readSource } from "../whole_file.ts";
import { actingAs } from "./credentials.ts";

/** The folder that holds `db/` and `.gmrc`. */
export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** A migration that the database refused; the message shows where. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/** The folders of `db/` that migrations are made of; `fixtures` is graphile-migrate's name for `schema`. */
const migrationFolders = ["committed", "current", "schema"] as const;

/**
 * Copies what migrations are made of, with LF line ends: their hashes and the functions' bodies are those of LF,
 * whatever a checkout or an archive made of them.
 */
export function copyMigrations(from: string, to: string): void {
  for (const folder of migrationFolders) {
    cpSync(join(from, folder), join(to, folder), { recursive: true });
    for (const file of filesIn(join(to, folder))) writeFileSync(file, readSource(file));
  }
  symlinkSync("schema", join(to, "fixtures"));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

let usable: string | null = null;

/** `db/` as graphile-migrate can read it: itself, or a copy while this process lives if its line ends are CRLF. */
function migrationsFolder(): string {
  const folder = join(projectRoot, "db");
  usable ??= migrationFolders.some((name) => filesIn(join(folder, name)).some(hasCarriageReturns))
    ? temporaryCopy(folder)
    : folder;
  return usable;
}

function hasCarriageReturns(file: string): boolean {
  return readFileSync(file).includes("\r\n");
}

function temporaryCopy(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), "rowhouse-migrations-"));
  process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
  copyMigrations(folder, copy);
  return copy;
}

/** What `.gmrc` says, with connections that act as the owner of schemas and tables. */
export function migrationSettings(databaseUrl: string, onStep: (step: string) => void): Settings {
  const { migrationsFolder: _, ...settings } = JSON.parse(
    readFileSync(join(projectRoot, ".gmrc"), "utf8"),
  ) as Settings;
  return {
    ...settings,
    migrationsFolder: migrationsFolder(),
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

/** `db/schema/all.sql` as one text of SQL: how the database behaves today. */
export async function compileSchema(databaseUrl: string): Promise<string> {
  return await compile(
    migrationSettings(databaseUrl, () => {}),
    "--!include all.sql\n",
  );
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
