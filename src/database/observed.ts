import { type TracingChannel, tracingChannel } from "node:diagnostics_channel";

/** One round trip through the door, for those who watch. It holds neither the caller nor a value. */
export interface RoundTrip {
  /** The name of the prepared statement, where it has one. */
  readonly statement: string | undefined;
  /** What came of it, once it is over; undefined if it went well. */
  error?: unknown;
}

/**
 * Node's own way of letting others watch (node:diagnostics_channel): the metrics and the spans subscribe, this
 * folder knows neither, and where nobody listens a round trip costs nothing more.
 */
export const throughDoor: TracingChannel<RoundTrip, RoundTrip> = tracingChannel("rowhouse:door");

/**
 * Hears of each round trip: `began` makes a note, `ended` gets it back.
 *
 * @returns a function that stops listening
 */
export function watchDoor<Note>(
  began: (trip: RoundTrip) => Note,
  ended: (note: Note, trip: RoundTrip) => void,
): () => void {
  const notes = new WeakMap<RoundTrip, Note>();
  const nothing = (): void => {};
  const subscribers = {
    start: (trip: RoundTrip) => void notes.set(trip, began(trip)),
    asyncEnd: (trip: RoundTrip) => ended(notes.get(trip) as Note, trip),
    end: nothing,
    asyncStart: nothing,
    error: nothing,
  };
  throughDoor.subscribe(subscribers);
  return () => void throughDoor.unsubscribe(subscribers);
}
