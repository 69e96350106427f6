import type pg from "pg";
import { type Caller, nameOf } from "./caller.ts";

/**
 * Shares the connections of a pool among tenants, and a tenant's among its credentials, so that one who asks for
 * much, or for what is slow, does not take everybody's. It decides when somebody's turn is and never what they
 * may do: all it knows is the tenant that a verified token names, or the credential.
 *
 * - A tenant may take one more connection while it holds fewer than are free. So one alone gets half of them,
 *   and one that comes later finds some left, however many came before.
 * - Within a tenant it is the same for each credential, with what the tenant could still take as what is free.
 * - Who may not yet waits in line. Whoever holds least is next, then whoever was served longest ago.
 */
export interface FairShare {
  /**
   * Waits for the caller's turn; call what it resolves with when the connection is free again.
   *
   * @throws {ShareExceededError} when the turn did not come in time, or too many are in line before it
   */
  turn(caller: Caller): Promise<() => void>;
}

/** Somebody wants more connections at once than are theirs. */
export class ShareExceededError extends Error {
  override readonly name = "ShareExceededError";
  /** Seconds. */
  readonly retryAfter = 1;
  constructor() {
    super("Too many of your requests are being answered at once; wait for some of them.");
  }
}

export interface FairShareOptions {
  /** How many there are to share. */
  readonly connections: number;
  /** Milliseconds in line before a refusal; 0 waits for ever. */
  readonly patience: number;
  /** How many of one tenant may be in line. */
  readonly longestLine: number;
}

const shares = new WeakMap<pg.Pool, FairShare>();

/** How many of one tenant may be in line for each connection that there is. A request has up to ten statements at once. */
const LINE = 100;

/** How the connections of a pool are shared among the callers of the door, with the pool's own patience. */
export function shareOf(pool: pg.Pool): FairShare {
  const known = shares.get(pool);
  if (known) return known;
  const { max, connectionTimeoutMillis: patience = 0 } = pool.options;
  const share = fairShare({ connections: max, patience, longestLine: max * LINE });
  shares.set(pool, share);
  return share;
}

/** One credential's connections, and who waits for another, the longest first. */
interface Line {
  held: number;
  readonly waiting: Set<() => void>;
}

/** One tenant's. */
interface Party {
  held: number;
  waiting: number;
  readonly lines: Map<string, Line>;
}

export function fairShare({ connections, patience, longestLine }: FairShareOptions): FairShare {
  // Whoever was served goes to the end, here and among a party's lines: of those who hold as much, it is next last.
  const parties = new Map<string, Party>();
  let free = connections;
  let inLine = 0;

  /** How many more a party could take: each of them is one fewer that is free, so half of the difference. */
  const roomOf = ({ held }: Party): number => Math.floor((free - held + 1) / 2);

  /** The line of a party that is served next, if there is one that may take another connection. */
  function nextLine(party: Party): [string, Line] | null {
    const room = roomOf(party);
    if (party.waiting === 0 || room <= 0) return null;
    return least(
      party.lines,
      ([, { held, waiting }]) => waiting.size > 0 && held < room,
      ([, { held }]) => held,
    );
  }

  function serveWaiting(): void {
    while (inLine > 0) {
      const next = least(
        parties,
        ([, party]) => nextLine(party) !== null,
        ([, { held }]) => held,
      );
      if (next === null) return;
      const [tenant, party] = next;
      const [credential, line] = nextLine(party)!;
      toTheEnd(parties, tenant, party);
      toTheEnd(party.lines, credential, line);
      const [serve] = line.waiting;
      serve?.();
    }
  }

  function forget(tenant: string, party: Party, credential: string, line: Line): void {
    if (line.held === 0 && line.waiting.size === 0) party.lines.delete(credential);
    if (party.lines.size === 0) parties.delete(tenant);
  }

  return {
    async turn(caller) {
      const credential = nameOf(caller);
      const tenant = caller.facts.tenant_id ?? credential;
      const party = entry(parties, tenant, () => ({ held: 0, waiting: 0, lines: new Map() }));
      const line = entry(party.lines, credential, () => ({ held: 0, waiting: new Set() }));

      const take = (): (() => void) => {
        party.held += 1;
        line.held += 1;
        free -= 1;
        return () => {
          party.held -= 1;
          line.held -= 1;
          free += 1;
          forget(tenant, party, credential, line);
          serveWaiting();
        };
      };
      // Whoever waits may not take one, else they would have: nobody is passed by.
      if (line.waiting.size === 0 && line.held < roomOf(party)) return take();
      if (party.waiting >= longestLine) {
        forget(tenant, party, credential, line);
        throw new ShareExceededError();
      }

      const { promise, resolve, reject } = Promise.withResolvers<() => void>();
      const leaveLine = (): void => {
        clearTimeout(impatience);
        line.waiting.delete(serve);
        party.waiting -= 1;
        inLine -= 1;
      };
      const serve = (): void => {
        leaveLine();
        resolve(take());
      };
      const impatience =
        patience === 0
          ? undefined
          : setTimeout(() => {
              leaveLine();
              forget(tenant, party, credential, line);
              reject(new ShareExceededError());
            }, patience);
      line.waiting.add(serve);
      party.waiting += 1;
      inLine += 1;
      return promise;
    },
  };
}

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function toTheEnd<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
}

/** The first of those that qualify with the smallest measure. */
function least<T>(
  candidates: Iterable<T>,
  qualifies: (candidate: T) => boolean,
  measure: (candidate: T) => number,
): T | null {
  let found: T | null = null;
  for (const candidate of candidates) {
    if (qualifies(candidate) && (found === null || measure(candidate) < measure(found))) found = candidate;
  }
  return found;
}
