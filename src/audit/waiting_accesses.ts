import { type Caller, nameOf } from "../database/caller.ts";
import { RecentlyUsed } from "../recently_used.ts";

/** A request that was answered. */
export interface Access {
  readonly caller: Caller;
  readonly status: number;
  /** It failed, or was privileged: it is told of at once, and rather than a success. */
  readonly notable: boolean;
  /** What its event says of it. */
  readonly detail: object;
}

/** One that waits to be told of. */
export interface WaitingAccess extends Access {
  /** When it ended, on the clock of `performance.now()`. */
  readonly ended: number;
  /** How many were like it. */
  times: number;
  /** It is in the trail, or lost: nobody tells of it again. */
  settled: boolean;
}

/** Requests that wait to be told of. */
export interface WaitingAccesses {
  /** Successes among them. */
  readonly daily: number;
  /** @returns whether it is one that is told of at once */
  add(access: WaitingAccess): boolean;
  /** Takes all of them, what is notable first. */
  take(): WaitingAccess[];
}

/** Who was kept out and is remembered: about 100 bytes each. */
const REMEMBERED = 10_000;
/** Milliseconds in which who comes again and again is one event (auth.record_requests()). */
const HOUR = 60 * 60_000;

/**
 * Holds so many and no more: what comes then is lost, successes first. Whom the door or a limit keeps out (401, 429) is one of
 * them, however often they come, and is told of at once only the first time.
 *
 * @param most requests: about 500 bytes each
 * @param lose hears how many are lost
 */
export function waitingAccesses(most: number, lose: (requests: number) => void): WaitingAccesses {
  let notable: WaitingAccess[] = [];
  let daily: WaitingAccess[] = [];
  let keptOut = new Map<string, WaitingAccess>();
  const before = new RecentlyUsed<string, number>(REMEMBERED);

  return {
    get daily() {
      return daily.length;
    },
    add(access) {
      const name = nameOfKeptOut(access);
      const alike = name === null ? undefined : keptOut.get(name);
      if (alike) {
        alike.times += access.times;
        return false;
      }
      if (!hasRoomFor(access)) return false;
      (access.notable ? notable : daily).push(access);
      if (name === null) return access.notable;
      keptOut.set(name, access);
      const last = before.get(name);
      if (last !== undefined && access.ended - last < HOUR) return false;
      before.set(name, access.ended);
      return true;
    },
    take() {
      const all = [...notable, ...daily];
      [notable, daily, keptOut] = [[], [], new Map()];
      return all;
    },
  };

  function hasRoomFor(access: WaitingAccess): boolean {
    if (notable.length + daily.length < most) return true;
    if (!access.notable || daily.length === 0) {
      lose(access.times);
      return false;
    }
    lose(daily.pop()!.times);
    return true;
  }
}

function nameOfKeptOut({ caller, status }: Access): string | null {
  return status === 401 || status === 429 ? `${nameOf(caller)} ${status}` : null;
}
