import { type Caller, nameOf } from "../database/caller.ts";
import { RecentlyUsed } from "../recently_used.ts";

/** Keys to remember: about 100 bytes each. */
const REMEMBERED = 10_000;
/** Milliseconds for which a limit is believed. */
const BELIEVED = 60_000;

/**
 * How many requests a minute each API key is good for, as the door said last. It is asked at no round trip of its own
 * (admission.ts), after the request was counted: the first request of a key in a process is counted and let
 * through, and held to the general quota only.
 */
export interface KeyLimits {
  /** Whether the door is to be asked (again). */
  isKnown(caller: Caller): boolean;
  /** Requests a minute; null without a limit, or while nobody knows. */
  of(caller: Caller): number | null;
  learn(caller: Caller, requestsPerMinute: number | null): void;
}

export function rememberKeyLimits(): KeyLimits {
  const limits = new RecentlyUsed<string, { requestsPerMinute: number | null; until: number }>(REMEMBERED);
  return {
    isKnown: (caller) => performance.now() < (limits.get(nameOf(caller))?.until ?? 0),
    of: (caller) => limits.get(nameOf(caller))?.requestsPerMinute ?? null,
    learn(caller, requestsPerMinute) {
      limits.set(nameOf(caller), { requestsPerMinute, until: performance.now() + BELIEVED });
    },
  };
}
