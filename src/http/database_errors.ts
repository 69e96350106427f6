import { ShareExceededError } from "../database/fair_share.ts";
import { isUnavailable } from "../database/unavailable.ts";
import type { Code } from "./codes.ts";
import { catalogued, type ErrorCatalogue, fieldNamed, type Rule } from "./error_catalogue.ts";

/** What a caller is told of an error that PostgreSQL raised. */
export interface Explained {
  readonly code: Code;
  readonly message: string;
  /** Beyond the code: `field`, `rule`, `permission`. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** The fields of such an error, as pg has them, and of our own that stand in for one. */
interface DatabaseError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly detail?: unknown;
  readonly schema?: unknown;
  readonly table?: unknown;
  readonly column?: unknown;
  readonly constraint?: unknown;
}

/**
 * Puts an error of the database into words for the caller: one vocabulary for REST and GraphQL. Names of fields and rules
 * are in the published schema, and their sentences are fixed; no value of any row is repeated.
 *
 * @returns null for what nobody foresaw
 */
export function explainDatabaseError(error: unknown, catalogue: ErrorCatalogue): Explained | null {
  const { code, message, detail, column, constraint } = error as DatabaseError;
  const sqlstate = String(code);
  const known = catalogued(catalogue, sqlstate, detail);
  if (known) {
    // Whoever holds a credential is told why it is refused: each reason wants something else done.
    if (known.status === 401) return explained(known.name, known.meaning);
    const permission = known.name === "permission_denied" && detail ? { permission: detail } : {};
    return explained(known.name, String(message), { ...permission, ...about(null, constraint, column) });
  }
  const rule = brokenRule(error as DatabaseError, catalogue);
  const members = about(rule, constraint, column);
  switch (sqlstate) {
    case "42501":
      return explained("permission_denied", "You may not do this.");
    case "23505":
      return explained("conflict", rule?.sentence ?? "There is one like it already.", members);
    case "23503":
      return String(message).startsWith("update or delete")
        ? explained("conflict", "Something else still refers to it.", { rule: constraint })
        : explained("not_found", rule?.sentence ?? "What it refers to is not there for you to see.", members);
    case "23514":
      return explained("invalid_input", rule?.sentence ?? "The input breaks a rule of the data.", members);
    case "23502":
      return explained("invalid_input", `${members.field ?? "A value"} must be given, and not be null.`, {
        ...members,
        rule: "not_null",
      });
    case "40001":
    case "40P01":
      return explained("retry", "Somebody else was changing the same. Try again.");
    case "57014":
      return explained("timeout", "This took too long and was stopped.");
  }
  if (sqlstate.length === 5 && sqlstate.startsWith("22")) {
    return explained("invalid_input", "A value is not of its type, or out of its range.", { rule: "type" });
  }
  if (error instanceof ShareExceededError) {
    return explained("too_many_at_once", error.message, { retryAfter: error.retryAfter });
  }
  if (isUnavailable(error)) {
    return explained("database_unavailable", "The database cannot be reached just now.");
  }
  return null;
}

function brokenRule(
  { schema, table, constraint }: DatabaseError,
  { rules }: ErrorCatalogue,
): Rule | undefined {
  return rules.get(`${schema}.${table}.${constraint}`);
}

function about(rule: Rule | null | undefined, constraint: unknown, column: unknown): Record<string, unknown> {
  const field = rule?.field ?? (typeof column === "string" ? fieldNamed(column) : null);
  return { ...(field && { field }), ...(constraint !== undefined && { rule: constraint }) };
}

function explained(code: Code, message: string, members: Record<string, unknown> = {}): Explained {
  return { code, message, members };
}
