import type pg from "pg";
import { type Lease, nothingRan } from "./lease.ts";
import { throughDoor } from "./observed.ts";
import { type DoorValues, type Statement, send } from "./statement.ts";

/** Runs statements of one transaction, one after the other. */
export interface Transaction {
  run(statement: Statement): Promise<pg.QueryResult>;
  /** A savepoint: what `work` did is undone if it throws, and the transaction goes on. */
  nested<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
}

/**
 * One statement on behalf of the door's caller, in a transaction of its own, in one round trip.
 * If the connection had lost a prepared statement or could not be made as new, nothing has run: it is sent
 * again on another one.
 */
export function runThroughDoor(
  lease: Lease,
  door: DoorValues,
  statement: Statement,
): Promise<pg.QueryResult> {
  return throughDoor.tracePromise(() => roundTrip(lease, door, statement), { statement: statement.name });
}

async function roundTrip(lease: Lease, door: DoorValues, statement: Statement): Promise<pg.QueryResult> {
  try {
    return await noted(lease, send(lease.client, statement, door));
  } catch (error) {
    if (!nothingRan(error)) throw error;
    await lease.replace();
    return noted(lease, send(lease.client, statement, door));
  }
}

/**
 * A transaction on behalf of the door's caller. `begin` goes out together with the door, which makes the
 * implicit transaction that the door entered an explicit one; then `work`; then `commit`.
 *
 * @throws what `work` threw, after a rollback
 */
export async function transactionThroughDoor<T>(
  lease: Lease,
  door: DoorValues,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  await runThroughDoor(lease, door, { text: "begin" });
  const run = (statement: Statement): Promise<pg.QueryResult> => noted(lease, send(lease.client, statement));
  try {
    const result = await work(transactionOn(run, 1));
    const { command } = await run({ text: "commit" });
    // PostgreSQL answers a commit of a failed transaction with a rollback, not with an error.
    if (command !== "COMMIT") throw new Error("The transaction had failed and was rolled back.");
    return result;
  } catch (error) {
    if (lease.client.getTransactionStatus() !== "I") {
      // The first error is the one to tell; if this fails too, the lease destroys the connection.
      await run({ text: "rollback" }).catch(() => {});
    }
    throw error;
  }
}

function transactionOn(run: Transaction["run"], depth: number): Transaction {
  const inTurn = oneAtATime();
  return {
    run: (statement) => inTurn(() => run(statement)),
    nested: (work) =>
      inTurn(async () => {
        const savepoint = `nested_${depth}`;
        await run({ text: `savepoint ${savepoint}` });
        try {
          const result = await work(transactionOn(run, depth + 1));
          await run({ text: `release savepoint ${savepoint}` });
          return result;
        } catch (error) {
          await run({ text: `rollback to savepoint ${savepoint}` });
          throw error;
        }
      }),
  };
}

/** Statements of one connection take turns, so that a result, its notices and its error stay together. */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}

async function noted<T>(lease: Lease, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    lease.note(error);
    throw error;
  }
}
