import { BadExport } from "../audit/export_format.ts";
import { NothingSigned } from "../audit/export_trail.ts";
import { ConfigError } from "../config.ts";
import { BackupError } from "../database/backup.ts";
import { MigrationError } from "../database/migrations.ts";
import { UnsuitablePooler } from "../database/pooler.ts";
import { EmbeddedUnavailable } from "../database/postgres_binaries.ts";
import { StateDirInUse } from "../database/state_lock.ts";
import { InspectError } from "../inspect/catalogue/install.ts";
import { DamagedSecrets } from "../secrets.ts";

/** A failure whose message says all that the person at the keyboard needs. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Arguments that a command cannot make sense of. */
export class UsageError extends CommandError {}

const expected = [
  CommandError,
  InspectError,
  ConfigError,
  StateDirInUse,
  EmbeddedUnavailable,
  MigrationError,
  DamagedSecrets,
  BackupError,
  BadExport,
  NothingSigned,
  UnsuitablePooler,
];

/**
 * A message without the connection strings that it quotes (an argument in the wrong place, an error of a library's):
 * what is a password in a string that could not be read, nobody can tell, so nothing is left but how it begins.
 */
export function withoutPasswords(message: string): string {
  return message
    .replaceAll(/\b(?!https?:)([a-z][a-z0-9+.-]*):\/\/[^\n"]*/gi, "$1://…")
    .replaceAll(/\b(host|hostaddr|port|user|password|dbname|service)(\s*=\s*)[^\n"]*/gi, "$1$2…");
}

/** What to tell about a failure that is not our fault, or null: then it is a bug and its stack is wanted. */
export function knownFailure(error: unknown): string | null {
  if (expected.some((kind) => error instanceof kind)) return (error as Error).message;
  // Several addresses were tried (localhost is two): any of them tells the story.
  if (error instanceof AggregateError) return knownFailure(error.errors[0]);
  const { code, address, port, message, path } = error as NodeJS.ErrnoException & Record<string, unknown>;
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} is in use; set PORT to another one`;
    case "EACCES":
      return port ? `not allowed to listen on port ${port}; set PORT above 1023` : `not allowed: ${message}`;
    case "EADDRNOTAVAIL":
      return `${address} is no address of this machine; correct HOST`;
    case "ECONNREFUSED":
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
      return `nothing answers at ${address}:${port} (${code}); check DATABASE_URL and REDIS_URL`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the name in ${message?.replace(/^getaddrinfo \w+ /, '"')}" is unknown; check DATABASE_URL and REDIS_URL`;
    case "28P01":
    case "28000":
      return `the database refuses the sign-in: ${message}; run "rowhouse migrate" with the same MASTER_KEY, or correct DATABASE_URL`;
    case "3D000":
      return `${message}; run "rowhouse migrate"`;
    case "57P03":
      return `the database is not ready: ${message}`;
    case "EROFS":
    case "ENOSPC":
      return `cannot write ${path ?? ""}: ${message}`;
    default:
      return null;
  }
}
