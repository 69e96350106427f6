import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readSource } from "../../whole_file.ts";
import { MigrationError, projectRoot } from "../migrations.ts";

/** A migration of the application's own. */
export interface ApplicationMigration {
  readonly number: number;
  readonly name: string;
  /** As messages name it: `migrations/000001-widgets.sql`. */
  readonly file: string;
  readonly text: string;
  /** sha256, in hex, of the hash before it and its text: it vouches for its place and for all before it. */
  readonly hash: string;
}

/** Where they are, beside `db/`, which is ours. */
export const applicationFolder = join(projectRoot, "migrations");

/** `000001-widgets.sql`: six digits, and lower-case words with hyphens. */
const fileName = /^(\d{6})-([a-z][a-z0-9-]*)\.sql$/;

/** The file's name of a migration. */
export const fileOf = (number: number, name: string): string =>
  `${String(number).padStart(6, "0")}-${name}.sql`;

/**
 * The application's migrations, in order. There may be none, and no folder.
 *
 * @throws {MigrationError} if a file is called otherwise, or two have one number, or a number is missing
 */
export function readMigrations(folder = applicationFolder): ApplicationMigration[] {
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".sql"))
        .sort()
    : [];
  let before = "";
  return files.map((file, place) => {
    const [, digits, name] = fileName.exec(file) ?? [];
    if (digits === undefined || name === undefined) {
      throw new MigrationError(
        `migrations/${file} is called otherwise than ${fileOf(place + 1, "some-words")}`,
      );
    }
    const number = Number(digits);
    if (number !== place + 1) {
      throw new MigrationError(
        number <= place
          ? `two migrations have the number ${number}: give migrations/${file} the next one that is free`
          : `migrations/${file} comes after number ${place}: number ${place + 1} is missing`,
      );
    }
    const text = readSource(join(folder, file));
    before = createHash("sha256").update(`${before}\n${text}`).digest("hex");
    return { number, name, file: `migrations/${file}`, text, hash: before };
  });
}
