import pg from "pg";
import type { Caller } from "./caller.ts";
import { shareOf } from "./fair_share.ts";
import { wireOf } from "./pg_internals.ts";
import { RenewalError } from "./renewal.ts";
import { prepareDoor } from "./statement.ts";

/** A connection on loan from a pool, with the door prepared. */
export interface Lease {
  readonly client: pg.PoolClient;
  /** Destroys the connection and takes another. */
  replace(): Promise<void>;
  /** Looks at an error that the connection raised: one after which it cannot be trusted makes `end` destroy it. */
  note(error: unknown): void;
  /** Gives the connection back clean, or destroys it. */
  end(): void;
}

/**
 * Takes a connection from the pool for a caller, when it is their turn.
 *
 * It goes back only if the server answered everything and no transaction is open. Whatever the server
 * did not answer for (a lost socket, a parameter that could not be sent) leaves it in doubt.
 *
 * @throws {ShareExceededError} if their turn does not come
 */
export async function takeConnection(pool: pg.Pool, caller: Caller): Promise<Lease> {
  const turnOver = await shareOf(pool).turn(caller);
  try {
    return await lease(pool, turnOver);
  } catch (error) {
    turnOver();
    throw error;
  }
}

/** Takes a connection that is nobody's turn: to look at the catalogue before anybody is served. */
export function takeConnectionForNobody(pool: pg.Pool): Promise<Lease> {
  return lease(pool, () => {});
}

async function lease(pool: pg.Pool, onEnd: () => void): Promise<Lease> {
  let inDoubt = false;
  let held = false;
  const doubt = (): void => {
    inDoubt = true;
  };

  async function connect(): Promise<pg.PoolClient> {
    const client = await pool.connect();
    held = true;
    inDoubt = false;
    // A connection that dies between two queries says so here; without a listener it ends the process.
    client.on("error", doubt);
    try {
      await prepareDoor(client);
      return client;
    } catch (error) {
      giveBack(client, true);
      throw error;
    }
  }

  function giveBack(client: pg.PoolClient, destroy: boolean): void {
    held = false;
    client.release(destroy);
    // Only now: the pool listens to those that went back, and nobody misses a destroyed one.
    if (!destroy) client.off("error", doubt);
  }

  let client = await connect();
  return {
    get client() {
      return client;
    },
    async replace() {
      giveBack(client, true);
      client = await connect();
    },
    note(error) {
      const answered = error instanceof pg.DatabaseError || error instanceof RenewalError;
      // Whatever else would be said on it, a rollback for one, would wait for the same silence.
      if (!answered) wireOf(client).stream.destroy();
      if (!answered || nothingRan(error) || lastWords.test(String((error as pg.DatabaseError).code))) doubt();
    },
    end() {
      // Nothing is held where a replacement could not be had. pg tells of an error before it has read what
      // became of the transaction, so the status may be the one before: a `T` that is over costs a
      // connection, an `I` stays one, because what failed then was an implicit transaction.
      if (held) giveBack(client, inDoubt || client.getTransactionStatus() !== "I");
      onEnd();
    },
  };
}

/** After these the server closes the connection. (Severity would say so too, in the server's language.) */
const lastWords = /^(08...|53300|57P0[1-5]|25P0[34])$/;

/**
 * Whether the server no longer knows a prepared statement, or would answer it in another shape: after
 * DISCARD ALL, behind a pooler that changed servers, after a migration. Nothing of the transaction
 * that said so has happened.
 */
export function lostStatement(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  return error.code === "26000" || (error.code === "0A000" && error.routine === "RevalidateCachedQuery");
}

/** Whether an error is the connection's and not the request's, and nothing of the request has run: another one may do it. */
export function nothingRan(error: unknown): boolean {
  return lostStatement(error) || error instanceof RenewalError;
}
