import { randomUUID } from "node:crypto";
import { isSafeError } from "postgraphile/grafast";
import { GraphQLError } from "postgraphile/graphql";
import { describeError } from "../http/describe_error.ts";
import type { ErrorCatalogue } from "../http/error_catalogue.ts";
import type { Log } from "../log.ts";

/** What a client reads: `extensions.code` for programs, the message for people. */
interface Explanation {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string };
}

/** The fields of an error that PostgreSQL raised, and of our own that stand in for one. */
interface SqlError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly detail?: unknown;
  readonly constraint?: unknown;
  readonly column?: unknown;
}

/**
 * Makes errors fit to leave the house. Refusals of the catalogue keep their name, PostgreSQL's own errors
 * get the name of what the client can do about them, and everything else becomes a random id, under which
 * the log has the truth.
 */
export function maskErrors({ catalogue, log, helpful }: MaskOptions): (error: GraphQLError) => GraphQLError {
  return (error) => {
    const { nodes, source, positions, path, originalError } = error;
    const { message, extensions } =
      explain(error, originalError, catalogue) ?? masked(originalError ?? error, log);
    return new GraphQLError(helpful ? message : withoutSuggestions(message), {
      nodes,
      source,
      positions,
      path,
      extensions,
    });
  };
}

export interface MaskOptions {
  readonly catalogue: ErrorCatalogue;
  readonly log: Log;
  /** Whether messages may suggest names of the schema. */
  readonly helpful: boolean;
}

/** The SQLSTATE and detail of an error that the trail should know of, or null. */
export function refusalIn(error: GraphQLError): { code: string; detail: string | null } | null {
  const { code, detail } = (error.originalError ?? {}) as SqlError;
  if (code !== "RH401" && code !== "RH403" && code !== "42501") return null;
  return { code, detail: typeof detail === "string" ? detail : null };
}

function explain(
  error: GraphQLError,
  original: Error | undefined | null,
  catalogue: ErrorCatalogue,
): Explanation | null {
  if (!original || original instanceof GraphQLError) {
    const { extensions } = original ?? error;
    // With a path and no code of ours it is an answer that broke the schema's promise: our fault.
    if (error.path && !extensions.code) return null;
    return explanation("INVALID_INPUT", error.message, extensions);
  }
  if (isSafeError(original)) {
    const code = isTimeout(original.extensions) ? "TIMEOUT" : "INVALID_INPUT";
    return explanation(code, original.message, original.extensions);
  }
  // PostGraphile says this of a delete; of an update, not_found.ts does.
  if (original.message.startsWith("No values were deleted")) {
    return explanation("NOT_FOUND", "There is no such row that you may see.");
  }
  return explainSql(original as SqlError, catalogue);
}

function explainSql({ code, message, detail, constraint, column }: SqlError, catalogue: ErrorCatalogue) {
  const sqlstate = String(code);
  const known = catalogue.get(sqlstate);
  if (known) {
    const name = known.name.toUpperCase();
    if (known.status === 401) return explanation(name, known.meaning);
    return explanation(name, String(message), known.status === 403 && detail ? { permission: detail } : {});
  }
  // Names of constraints and columns are in the published schema; values are not repeated.
  const where = { ...(constraint ? { constraint } : {}), ...(column ? { column } : {}) };
  switch (sqlstate) {
    case "42501":
      return explanation("PERMISSION_DENIED", "You may not do this.");
    case "23505":
      return explanation("CONFLICT", "There is one like it already.", where);
    case "23503":
      return String(message).startsWith("update or delete")
        ? explanation("CONFLICT", "Something else still refers to it.", where)
        : explanation("NOT_FOUND", "What it refers to is not there for you to see.", where);
    case "23514":
      return explanation("INVALID_INPUT", "The input breaks a rule of the data.", where);
    case "23502":
      return explanation("INVALID_INPUT", "Something that must be given is missing.", where);
    case "40001":
    case "40P01":
      return explanation("RETRY", "Somebody else was changing the same. Try again.");
    case "57014":
      return explanation("TIMEOUT", "This took too long and was stopped.");
  }
  if (sqlstate.length === 5 && sqlstate.startsWith("22")) {
    return explanation("INVALID_INPUT", "A value is not of its type, or out of its range.", where);
  }
  if (unavailable.test(sqlstate) || lostConnection.test(String(message))) {
    return explanation("DATABASE_UNAVAILABLE", "The database cannot be reached just now.");
  }
  return null;
}

/** Connections refused or lost, and a server that starts, stops or is full (classes 08, 53, 57P). */
const unavailable = /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|08...|53300|57P0[1-5])$/;

/** What pg says without a code. */
const lostConnection =
  /^Connection terminated|^timeout exceeded when trying to connect$|^Query read timeout$/;

/** grafast's own, for planning and executing, is marked by a symbol that it keeps to itself. */
function isTimeout(extensions: object | undefined): boolean {
  return Object.getOwnPropertySymbols(extensions ?? {}).some(({ description }) => description === "timeout");
}

function masked(error: unknown, log: Log): Explanation {
  const errorId = randomUUID();
  log.error({ err: describeError(error), errorId }, "an error was masked");
  return explanation("INTERNAL_ERROR", "Something went wrong here. The id leads to it in our log.", {
    errorId,
  });
}

function explanation(
  code: string,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): Explanation {
  return { message, extensions: { code, ...more } };
}

/** "Did you mean …?" would read the schema out to whoever guesses. */
export function withoutSuggestions(message: string): string {
  return message.replaceAll(/ Did you mean [^?]*\?/g, "");
}
