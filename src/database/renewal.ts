/**
 * Makes a pooled connection as new: goes out before the door, in the same flush, so that it takes effect before
 * the request's statement is even read (a leftover client_encoding would garble it) and costs no round trip.
 *
 * These are the parts of `discard all` that may run in a transaction and that leave our prepared statements:
 * - A setting of the session is back to what the connection began with (session_settings.ts).
 * - What a transaction is was decided as it began, by settings that the last request may have left, so it is
 *   said again; that has to come before the first snapshot. (PostgreSQL warns if it comes first of all.)
 * - Nobody can give rowhouse_app a temporary table or a sequence, so there is nothing of those to discard; a
 *   contract test asks.
 * Advisory locks go in the door's own statement, which is cheaper.
 */
export const RENEWAL = [
  "reset all",
  "set transaction isolation level read committed, read write, not deferrable",
  "set session authorization default",
  "close all",
  "unlisten *",
] as const;

/**
 * A connection could not be made as new. The request's statement was not looked at, and this connection is not
 * used again.
 */
export class RenewalError extends Error {
  override readonly name = "RenewalError";
  constructor(cause: Error) {
    super(`the connection could not be made as new: ${cause.message}`, { cause });
  }
}
