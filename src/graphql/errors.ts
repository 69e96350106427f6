import { randomUUID } from "node:crypto";
import { isSafeError } from "postgraphile/grafast";
import { GraphQLError } from "postgraphile/graphql";
import { type GraphQLCode, inCapitals } from "../http/codes.ts";
import { explainDatabaseError } from "../http/database_errors.ts";
import { describeError } from "../http/describe_error.ts";
import type { ErrorCatalogue } from "../http/error_catalogue.ts";
import type { Log } from "../log.ts";

/** What a client reads: `extensions.code` for programs, the message for people. */
interface Explanation {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: GraphQLCode };
}

/**
 * Makes errors fit to leave the server. Refusals of the catalogue keep their name, PostgreSQL's own errors
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
  const { code, detail } = (error.originalError ?? {}) as { code?: unknown; detail?: unknown };
  if (code !== "RH401" && code !== "RH403" && code !== "RH440" && code !== "42501") return null;
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
    return explanation("INVALID_INPUT", error.message, { ...inputNamed(error.message), ...extensions });
  }
  if (isSafeError(original)) {
    const code = isTimeout(original.extensions) ? "TIMEOUT" : "INVALID_INPUT";
    return explanation(code, original.message, original.extensions);
  }
  // PostGraphile says this of a delete; of an update, not_found.ts does.
  if (original.message.startsWith("No values were deleted")) {
    return explanation("NOT_FOUND", "There is no such row that you may see.");
  }
  const explained = explainDatabaseError(original, catalogue);
  return explained && explanation(inCapitals(explained.code), explained.message, explained.members);
}

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

/** Where a value stands that is not of its type: graphql says it in its sentence only, `at "patch.title"`. */
function inputNamed(message: string): { field?: string; rule?: string } {
  const [, variable, path] =
    /^Variable "\$(\w+)" got invalid value .*? at "([^"]+)"; /s.exec(message) ??
    /^Variable "\$(\w+)"/.exec(message) ??
    [];
  return variable ? { field: path ?? variable, rule: "type" } : {};
}

function explanation(
  code: GraphQLCode,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): Explanation {
  return { message, extensions: { code, ...more } };
}

/** "Did you mean …?" would read the schema out to whoever guesses. */
export function withoutSuggestions(message: string): string {
  return message.replaceAll(/ Did you mean [^?]*\?/g, "");
}
