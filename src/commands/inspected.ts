import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { loadEnvironmentFile, readConfig } from "../config.ts";
import { BadConnectionString, readConnectionString } from "../database/connection_string.ts";
import type { InspectSettings } from "../inspect/catalogue/settings.ts";
import { joinDatabase } from "./database.ts";
import { UsageError } from "./failures.ts";

/** The options that every command of the DBA's desk takes: which database, and what it calls things. */
export const inspectOptions = {
  database: { type: "string" },
  schemas: { type: "string" },
  "exposed-schemas": { type: "string" },
  "api-roles": { type: "string" },
  "tenant-column": { type: "string" },
  "context-schema": { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/**
 * Parses a command's own arguments.
 *
 * @throws {UsageError}
 */
export function parseArguments<Options extends ParseArgsOptionsConfig>(args: string[], options: Options) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** One of several words, or a UsageError that lists them. */
export function oneOf<Word extends string>(
  option: string,
  words: readonly Word[],
  given: string | undefined,
): Word | undefined {
  if (given === undefined || words.includes(given as Word)) return given as Word | undefined;
  throw new UsageError(`--${option} is one of ${words.join(", ")}, not "${given}"`);
}

/** What the options say of the names in the database; what they do not say is left out. */
export function inspectSettings(values: { readonly [option: string]: unknown }): InspectSettings {
  const text = (option: string): string | undefined => values[option] as string | undefined;
  const list = (option: string): string[] | undefined =>
    text(option)
      ?.match(/"(?:[^"]|"")*"|[^,]+/g)
      ?.map((name) => name.trim())
      .filter((name) => name !== "")
      .map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name));
  const settings: Record<keyof InspectSettings, string | string[] | undefined> = {
    schemas: list("schemas"),
    exposedSchemas: list("exposed-schemas"),
    apiRoles: list("api-roles"),
    tenantColumn: text("tenant-column"),
    contextSchema: text("context-schema"),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/**
 * A connection string that a person gave, as the URL that we work with.
 *
 * @throws {UsageError}
 */
export function connectionOf(option: string, given: string): string {
  try {
    return readConnectionString(given);
  } catch (cause) {
    if (!(cause instanceof BadConnectionString)) throw cause;
    throw new UsageError(`${option} is no connection string that can be used: ${cause.message}`, { cause });
  }
}

/** Calls `work` with the URL of `--database`, else of DATABASE_URL, else of the embedded server. */
export async function withDatabaseUrl<T>(
  given: string | undefined,
  work: (url: string) => Promise<T>,
): Promise<T> {
  if (given !== undefined) {
    return work(connectionOf("--database", given));
  }
  loadEnvironmentFile();
  const database = await joinDatabase(readConfig(), ({ message }) => console.error(message));
  try {
    return await work(database.adminUrl);
  } finally {
    await database.close();
  }
}
