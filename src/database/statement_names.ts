import { randomBytes } from "node:crypto";
import type pg from "pg";
import { RecentlyUsed } from "../recently_used.ts";
import type { WireField } from "./pg_internals.ts";
import { RENEWAL } from "./renewal.ts";
import { executionOf } from "./wire_messages.ts";

/** Prepared statements kept per connection; the least recently used one makes room. */
export const STATEMENTS_KEPT = 100;

/** A statement that a connection has prepared or is about to. */
export interface PreparedStatement {
  /** Its real name. */
  readonly name: string;
  /** What its rows are made of, once the server has said it: it does not change while the statement stands. */
  fields: readonly WireField[] | null;
}

/** The names that prepared statements really have on a connection. */
export interface StatementNames {
  /** Of what makes the connection as new, in the order of {@link RENEWAL}. */
  readonly renewal: readonly string[];
  /** Bind and Execute of those. */
  readonly renewing: Buffer;
  readonly door: string;
  /** By the name that the caller gives. */
  readonly statements: RecentlyUsed<string, PreparedStatement>;
}

const allNames = new WeakMap<pg.ClientBase, StatementNames>();

/**
 * Nobody can guess the names of a connection's prepared statements, and `migrate` takes pg_prepared_statements from
 * everybody. Otherwise SQL that got into one request could `deallocate` a statement and `prepare` another under
 * its name, and the connection's next request, another tenant's, would run it.
 */
export function namesOf(client: pg.ClientBase): StatementNames {
  const known = allNames.get(client);
  if (known) return known;
  const renewal = RENEWAL.map(inventName);
  const names = {
    renewal,
    renewing: executionOf(renewal),
    door: inventName(),
    statements: new RecentlyUsed<string, PreparedStatement>(STATEMENTS_KEPT),
  };
  allNames.set(client, names);
  return names;
}

/** What is prepared for `given`, from now on, and what has to make room for it. */
export function preparedFor(
  { statements }: StatementNames,
  given: string,
): { readonly prepared: PreparedStatement; readonly closing: PreparedStatement | undefined } {
  const known = statements.get(given);
  if (known) return { prepared: known, closing: undefined };
  const prepared = { name: inventName(), fields: null };
  return { prepared, closing: statements.set(given, prepared) };
}

function inventName(): string {
  return randomBytes(24).toString("base64url");
}
