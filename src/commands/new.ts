import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { applicationFolder, fileOf, readMigrations } from "../database/application/migration_files.ts";
import { createFile, readSource } from "../whole_file.ts";
import { CommandError, UsageError } from "./failures.ts";
import { parseArguments } from "./inspected.ts";

/** `rowhouse new table|migration NAME`: writes the application's next migration, to start from. */
export async function newMigration(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(args, { own: { type: "boolean", default: false } });
  const [kind, name, ...rest] = positionals;
  if (kind !== "table" && kind !== "migration") throw new UsageError('"new" wants table or migration');
  if (name === undefined || rest.length > 0) throw new UsageError(`"new ${kind}" wants one name`);
  if (kind === "migration" && values.own) throw new UsageError("--own is for a table");
  const text = kind === "table" ? tableText(name, values.own) : blankText(name);

  mkdirSync(applicationFolder, { recursive: true });
  const file = fileOf(readMigrations().length + 1, name.replaceAll("_", "-"));
  if (!createFile(join(applicationFolder, file), text)) {
    throw new CommandError(`somebody was quicker: there is a migrations/${file}`);
  }
  console.log(`migrations/${file}: written. Make it yours; "rowhouse migrate" and the next start apply it.`);
  return 0;
}

function tableText(name: string, own: boolean): string {
  // Its permissions are named after it, and theirs are words of letters.
  if (!/^[a-z]+(_[a-z]+)*$/.test(name) || name.length > 40) {
    throw new UsageError(`"${name}" is no table's name: up to 40 lower-case letters and _, such as widgets`);
  }
  const template = new URL(own ? "./new/own_table.sql" : "./new/table.sql", import.meta.url);
  return readSource(fileURLToPath(template)).replaceAll("widgets", name);
}

function blankText(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,59}$/.test(name)) {
    throw new UsageError(
      `"${name}" is no migration's name: lower-case words with hyphens, such as add-colour`,
    );
  }
  return "-- What changes, and why.\n";
}
