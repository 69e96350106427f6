import type { Caller } from "../../database/caller.ts";
import { nameOf } from "../../database/caller.ts";
import { tooMany } from "../problem.ts";

/** Uploads that a process receives at the same time: each has a file on the disk, as large as a document may be. */
const MOST = 32;
/** Those of one tenant. */
const OF_ONE = 8;
/** Seconds. */
const RETRY_AFTER = 5;

/** Does the work unless too many others are at the same. @throws {Problem} 429 `too_many_at_once` */
export type AtOnce = <Done>(caller: Caller, work: () => Promise<Done>) => Promise<Done>;

/** Counts what is under way, in all and for each tenant (or credential, where that names none). */
export function limitAtOnce(most = MOST, ofOne = OF_ONE): AtOnce {
  const underWay = new Map<string, number>();
  let all = 0;
  return async (caller, work) => {
    const whose = caller.facts.tenant_id ?? nameOf(caller);
    const mine = underWay.get(whose) ?? 0;
    if (all >= most || mine >= ofOne) {
      throw tooMany("too_many_at_once", "Others are uploading at this moment; wait a while.", RETRY_AFTER);
    }
    all += 1;
    underWay.set(whose, mine + 1);
    try {
      return await work();
    } finally {
      all -= 1;
      const left = underWay.get(whose)! - 1;
      if (left > 0) underWay.set(whose, left);
      else underWay.delete(whose);
    }
  };
}
