import pg from "pg";
import { type WireConnection, type WireField, WireQuery, type WireValue, wireOf } from "./pg_internals.ts";
import { RENEWAL, RenewalError } from "./renewal.ts";
import { namesOf, type PreparedStatement, preparedFor, type StatementNames } from "./statement_names.ts";

/**
 * The one door, as a prepared statement of each connection. The timeout rides along: it is local to the
 * transaction, so it costs no round trip and survives a pooler in transaction mode. Advisory locks that the
 * connection's last request left go first.
 */
export const DOOR =
  "select pg_catalog.pg_advisory_unlock_all(), context.enter($1::bytea, $2::jsonb), pg_catalog.set_config('statement_timeout', $3, true)";

/** The door's parameters: credential, facts, timeout. */
export type DoorValues = readonly [credential: WireValue, facts: string, statementTimeout: string];

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Names a prepared statement; the same name always means the same text. */
  readonly name?: string;
  /** Rows as arrays instead of objects. */
  readonly arrayMode?: boolean;
  /** Milliseconds until its answer has to be there, if not the connection's own. */
  readonly answerTimeout?: number;
}

/**
 * Sends one statement and resolves with its result.
 *
 * With `door`, the connection is made as new and enters the door before it in the same flush, under one Sync:
 * all run in one implicit transaction, in one round trip, and an error of any undoes all. Both must have
 * been prepared ({@link prepareDoor}). Sent with the text `begin`, the transaction stays open.
 *
 * @throws {pg.DatabaseError} with the server's SQLSTATE, whether the door or the statement raised it
 * @throws {RenewalError} if neither was reached
 */
export function send(
  client: pg.ClientBase,
  statement: Statement,
  door: DoorValues | null = null,
): Promise<pg.QueryResult> {
  const names = namesOf(client);
  const { prepared, closing } =
    statement.name === undefined ? NOT_PREPARED : preparedFor(names, statement.name);
  return new Promise((resolve, reject) => {
    client.query(
      new DoorQuery(statement, prepared, closing, door && { names, values: door }, (error, result) => {
        if (error) reject(traced(error, send));
        else resolve(result as pg.QueryResult);
      }),
    );
  });
}

const NOT_PREPARED = { prepared: undefined, closing: undefined };

/** Has the server parse what goes before every statement, once per connection. */
export async function prepareDoor(client: pg.ClientBase): Promise<void> {
  const { parsedStatements } = wireOf(client);
  const { renewal, door } = namesOf(client);
  if (parsedStatements[door] !== undefined) return;
  const statements = [
    ...renewal.map((name, index) => ({ name, text: RENEWAL[index]! })),
    { name: door, text: DOOR },
  ];
  await new Promise<void>((resolve, reject) => {
    client.query(
      new DoorPreparation(statements, (error) => (error ? reject(traced(error, prepareDoor)) : resolve())),
    );
  });
  for (const { name, text } of statements) parsedStatements[name] = text;
}

type Callback = (error: Error | null, result?: pg.QueryResult) => void;

/** What goes before a statement, with the door's parameters. */
interface Prelude {
  readonly names: StatementNames;
  readonly values: DoorValues;
}

class DoorQuery extends WireQuery {
  /** pg asks a query for it. */
  readonly query_timeout: number | undefined;
  readonly #prepared: PreparedStatement | undefined;
  readonly #closing: PreparedStatement | undefined;
  readonly #prelude: Prelude | null;
  /** How many statements of the prelude are not completed yet. Their rows and completions are nobody's result. */
  #ahead: number;

  constructor(
    { text, values, arrayMode, answerTimeout }: Statement,
    prepared: PreparedStatement | undefined,
    closing: PreparedStatement | undefined,
    prelude: Prelude | null,
    callback: Callback,
  ) {
    // pg copies the properties of what it is given here one by one, so the others are set below.
    super(arrayMode ? ROWS_AS_ARRAYS : ROWS_AS_OBJECTS, undefined, callback);
    this.text = text;
    this.values = values;
    this.name = prepared?.name;
    this.query_timeout = answerTimeout;
    this.#prepared = prepared;
    this.#closing = closing;
    this.#prelude = prelude;
    this.#ahead = prelude === null ? 0 : prelude.names.renewal.length + 1;
  }

  override requiresPreparation(): boolean {
    return true;
  }

  override prepare(connection: WireConnection): void {
    // Before the door: after an error the server would skip it, and its name would stay taken.
    if (this.#closing) {
      connection.close({ type: "S", name: this.#closing.name });
      delete connection.parsedStatements[this.#closing.name];
    }
    if (this.#prelude) goThrough(connection, this.#prelude);
    if (this.#prepared?.fields) {
      super.handleRowDescription({ fields: this.#prepared.fields });
      super.prepare(withoutDescribing(connection));
    } else {
      super.prepare(connection);
    }
  }

  override handleRowDescription(message: { readonly fields: readonly WireField[] }): void {
    if (this.#prepared) this.#prepared.fields = message.fields;
    super.handleRowDescription(message);
  }

  override handleDataRow(message: unknown): void {
    if (this.#ahead === 0) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (this.#ahead > 0) this.#ahead -= 1;
    else super.handleCommandComplete(message, connection);
  }

  override handleError(error: Error, connection: WireConnection): void {
    // The server answers in order: what it says before the door's turn, it says of the connection.
    const ofTheConnection = this.#ahead > 1 && error instanceof pg.DatabaseError;
    super.handleError(ofTheConnection ? new RenewalError(error) : error, connection);
  }
}

const ROWS_AS_OBJECTS = {};
const ROWS_AS_ARRAYS = { rowMode: "array" } as const;

function goThrough(connection: WireConnection, { names, values }: Prelude): void {
  if (connection.stream.writable) connection.stream.write(names.renewing);
  connection.bind({
    portal: "",
    statement: names.door,
    values,
    binary: false,
    valueMapper: (value) => value,
  });
  connection.execute({ portal: "", rows: 0 });
}

/** The server need not say again what the rows of a prepared statement are made of. */
function withoutDescribing(connection: WireConnection): WireConnection {
  return Object.create(connection, { describe: { value: () => {} } });
}

/** Parse without Bind: there is no credential yet to enter with. */
class DoorPreparation extends WireQuery {
  readonly #statements: readonly { readonly name: string; readonly text: string }[];

  constructor(statements: readonly { readonly name: string; readonly text: string }[], callback: Callback) {
    super({}, undefined, callback);
    this.text = DOOR;
    this.#statements = statements;
  }

  override requiresPreparation(): boolean {
    return true;
  }

  override prepare(connection: WireConnection): void {
    for (const statement of this.#statements) connection.parse(statement);
    connection.sync();
  }
}

/** The stack of an error that came over the wire leads to a socket; the caller's is of more use. */
function traced<E extends Error>(error: E, caller: (...args: never[]) => unknown): E {
  Error.captureStackTrace(error, caller);
  return error;
}
