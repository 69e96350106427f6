import { createHmac, randomBytes } from "node:crypto";
import type pg from "pg";
import { type WireConnection, WireQuery, type WireValue, wireOf } from "./pg_internals.ts";

/**
 * The one door, as a prepared statement of each connection. The timeout rides along: it is local to the
 * transaction, so it costs no round trip and survives a pooler in transaction mode.
 */
export const DOOR = {
  name: "rowhouse_door",
  text: "select context.enter($1::bytea, $2::jsonb), set_config('statement_timeout', $3, true)",
} as const;

/** The door's parameters: credential, facts, timeout. */
export type DoorValues = readonly [credential: WireValue, facts: string, statementTimeout: string];

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Names a prepared statement; the same name always means the same text. */
  readonly name?: string;
  /** Rows as arrays instead of objects. */
  readonly arrayMode?: boolean;
}

/** Prepared statements kept per connection; the least recently used one makes room. */
export const STATEMENTS_KEPT = 100;

/**
 * Sends one statement and resolves with its result.
 *
 * With `door`, the door's Bind and Execute go out before it in the same flush, under one Sync: both run
 * in one implicit transaction, in one round trip, and an error of either undoes both. The door must have
 * been prepared ({@link prepareDoor}). Sent with the text `begin`, the transaction stays open.
 *
 * @throws {pg.DatabaseError} with the server's SQLSTATE, whether the door or the statement raised it
 */
export function send(
  client: pg.ClientBase,
  statement: Statement,
  door: DoorValues | null = null,
): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const name = statement.name === undefined ? undefined : secretName(client, statement.name);
    const closing = name === undefined ? [] : makeRoom(client, name);
    const doorName = secretName(client, DOOR.name);
    client.query(
      new DoorQuery(
        { ...statement, name },
        door && { name: doorName, values: door },
        closing,
        (error, result) => {
          if (error) reject(traced(error, send));
          else resolve(result as pg.QueryResult);
        },
      ),
    );
  });
}

/** Has the server parse the door, once per connection. */
export async function prepareDoor(client: pg.ClientBase): Promise<void> {
  const name = secretName(client, DOOR.name);
  if (wireOf(client).parsedStatements[name] !== undefined) return;
  await new Promise<void>((resolve, reject) => {
    client.query(
      new DoorPreparation(name, (error) => (error ? reject(traced(error, prepareDoor)) : resolve())),
    );
  });
}

type Callback = (error: Error | null, result?: pg.QueryResult) => void;

class DoorQuery extends WireQuery {
  readonly #door: { readonly name: string; readonly values: DoorValues } | null;
  readonly #closing: readonly string[];
  /** The door's own row and completion come first and are nobody's result. */
  #atTheDoor: boolean;

  constructor(
    statement: Statement,
    door: { readonly name: string; readonly values: DoorValues } | null,
    closing: readonly string[],
    callback: Callback,
  ) {
    const { text, values, name, arrayMode } = statement;
    super(
      {
        text,
        values: values && [...values],
        name,
        rowMode: arrayMode ? "array" : undefined,
        queryMode: "extended",
      },
      undefined,
      callback,
    );
    this.#door = door;
    this.#closing = closing;
    this.#atTheDoor = door !== null;
  }

  override prepare(connection: WireConnection): void {
    // Before the door: after an error the server would skip them, and their names would stay taken.
    for (const name of this.#closing) {
      connection.close({ type: "S", name });
      delete connection.parsedStatements[name];
    }
    if (this.#door !== null) {
      connection.bind({
        portal: "",
        statement: this.#door.name,
        values: this.#door.values,
        binary: false,
        valueMapper: (value) => value,
      });
      connection.execute({ portal: "", rows: 0 });
    }
    super.prepare(connection);
  }

  override handleDataRow(message: unknown): void {
    if (!this.#atTheDoor) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (this.#atTheDoor) this.#atTheDoor = false;
    else super.handleCommandComplete(message, connection);
  }
}

/** Parse without Bind: there is no credential yet to enter with. */
class DoorPreparation extends WireQuery {
  readonly #statement: { readonly name: string; readonly text: string };

  constructor(name: string, callback: Callback) {
    const statement = { name, text: DOOR.text };
    super(statement, undefined, callback);
    this.#statement = statement;
  }

  override prepare(connection: WireConnection): void {
    connection.parse(this.#statement);
    connection.sync();
  }
}

const secretOf = new WeakMap<pg.ClientBase, Buffer>();

/**
 * The name that a prepared statement really has on a connection: nobody can guess it, and `migrate` takes
 * pg_prepared_statements from everybody. Otherwise SQL that got into one request could `deallocate` a statement
 * and `prepare` another under its name, and the connection's next request, another tenant's, would run it.
 *
 * A keyed digest, because PostgreSQL cuts names after 63 characters, and PostGraphile's are longer.
 */
function secretName(client: pg.ClientBase, name: string): string {
  const secret = secretOf.get(client) ?? randomBytes(32);
  secretOf.set(client, secret);
  return createHmac("sha256", secret).update(name).digest("base64url");
}

const namesOf = new WeakMap<pg.ClientBase, Set<string>>();

/** Notes that `name` is in use on the connection; returns the names that have to go for it. */
function makeRoom(client: pg.ClientBase, name: string): string[] {
  const names = namesOf.get(client) ?? new Set();
  namesOf.set(client, names);
  names.delete(name);
  names.add(name);
  const surplus = [...names].slice(0, Math.max(0, names.size - STATEMENTS_KEPT));
  for (const old of surplus) names.delete(old);
  return surplus;
}

/** The stack of an error that came over the wire leads to a socket; the caller's is of more use. */
function traced<E extends Error>(error: E, caller: (...args: never[]) => unknown): E {
  Error.captureStackTrace(error, caller);
  return error;
}
