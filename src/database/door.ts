import type pg from "pg";
import { takeConnection } from "./lease.ts";
import type { DoorValues } from "./statement.ts";
import { type Transaction, transactionThroughDoor } from "./transaction.ts";

/** On whose behalf SQL runs. Who that is, and what they may do, only the database knows. */
export interface Caller {
  /** sha256 of the secret (a session's handle or an API key), 32 bytes. */
  readonly credential: Buffer;
  readonly facts: {
    readonly request_id: string;
    readonly ip: string;
    readonly user_agent: string | null;
    /** The tenant that the credential names (a token's `tid`). */
    readonly tenant_id?: string;
  };
}

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
 * What the door is called with.
 *
 * @throws {NoCredentialError}
 */
export function doorValues(caller: Caller | undefined, statementTimeout: number): DoorValues {
  if (!caller || caller.credential.length === 0) throw new NoCredentialError();
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
  const door = doorValues(caller, statementTimeout);
  const lease = await takeConnection(pool);
  try {
    return await transactionThroughDoor(lease, door, work);
  } finally {
    lease.end();
  }
}
