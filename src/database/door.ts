import type pg from "pg";
import type { Caller } from "./caller.ts";
import { takeConnection } from "./lease.ts";
import type { DoorValues, Statement } from "./statement.ts";
import { runThroughDoor, type Transaction, transactionThroughDoor } from "./transaction.ts";

/** Milliseconds that a statement may take, unless it is told otherwise. */
export const STATEMENT_TIMEOUT = 10_000;

/** SQL was to run on behalf of nobody. It carries what the door raises for a credential it does not know. */
export class NoCredentialError extends Error {
  readonly code = "RH401";
  readonly detail = "no_credential";
  constructor() {
    super("SQL runs only on behalf of a caller; there is no credential");
    this.name = "NoCredentialError";
  }
}

/**
 * The caller, if there is one.
 *
 * @throws {NoCredentialError}
 */
export function knownCaller(caller: Caller | undefined): Caller {
  if (!caller || caller.credential.length === 0) throw new NoCredentialError();
  return caller;
}

/** What the door is called with. */
export function doorValues(caller: Caller, statementTimeout: number): DoorValues {
  return [caller.credential, JSON.stringify(caller.facts), String(statementTimeout)];
}

/**
 * Runs `work` in one transaction on behalf of the caller, behind `context.enter`. Commits when it
 * resolves, rolls back when it throws.
 *
 *     const { rows } = await inDoor(pool, caller, (transaction) =>
 *       transaction.run({ text: "select title from app.conversations where id = $1", values: [id] }));
 *
 * @throws {NoCredentialError} without a caller
 * @throws {pg.DatabaseError} `RH401` if the door refuses, else what the statements raise
 */
export async function inDoor<T>(
  pool: pg.Pool,
  caller: Caller | undefined,
  work: (transaction: Transaction) => Promise<T>,
  { statementTimeout = STATEMENT_TIMEOUT }: { readonly statementTimeout?: number } = {},
): Promise<T> {
  const known = knownCaller(caller);
  const door = doorValues(known, statementTimeout);
  const lease = await takeConnection(pool, known);
  try {
    return await transactionThroughDoor(lease, door, work);
  } finally {
    lease.end();
  }
}

/**
 * One statement in a transaction of its own on behalf of the caller, together with the door in one round trip.
 *
 * @throws as {@link inDoor}
 */
export async function askInDoor(
  pool: pg.Pool,
  caller: Caller | undefined,
  statement: Statement,
  { statementTimeout = STATEMENT_TIMEOUT }: { readonly statementTimeout?: number } = {},
): Promise<pg.QueryResult> {
  const known = knownCaller(caller);
  const lease = await takeConnection(pool, known);
  try {
    return await runThroughDoor(lease, doorValues(known, statementTimeout), statement);
  } finally {
    lease.end();
  }
}
