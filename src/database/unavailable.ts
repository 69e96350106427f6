import pg from "pg";
import { RenewalError } from "./renewal.ts";

/**
 * Whether an error means "not now": the database cannot be reached, was lost, starts, stops, follows another server, or
 * has no room. It says nothing about the request, which may be sent again later. (Whether its change was made
 * before the answer was lost, nobody knows.)
 *
 * The one place that knows, for every route.
 */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof RenewalError) return true;
  if (error instanceof pg.DatabaseError) {
    if (error.code === "0A000") return error.routine === "RevalidateCachedQuery";
    return sqlstates.test(error.code ?? "");
  }
  const { code, message } = error as { code?: unknown; message?: unknown };
  return sockets.test(String(code)) || clients.test(String(message));
}

/** The storage is full: class 53100. */
export function isStorageFull(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === "53100";
}

const sqlstates = new RegExp(
  `^(${[
    "08...", // connection exceptions; whatever PgBouncer has to say
    "25006", // a server that only reads: another one is the primary now
    "25P0[34]", // a transaction that was idle, or open, for too long
    "26000", // a prepared statement is lost, on a second connection too: a pooler that does not keep them
    "28...", // the login is refused
    "3D000", // the database is not there
    "53...", // no room: memory, disk, connections
    "57P0[1-5]", // the server stops, crashed, starts, or the database was dropped
    "58...", // the system beneath: files, input and output
  ].join("|")})$`,
);

const sockets =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ERR_STREAM_DESTROYED|ERR_STREAM_WRITE_AFTER_END)$/;

/** What pg says without a code. */
const clients =
  /^(Connection terminated( unexpectedly| due to connection timeout)?|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client (has encountered a connection error|was closed) and is not queryable|Cannot use a pool after calling end on the pool|Cannot call write after a stream was destroyed)$/;
