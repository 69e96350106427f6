import type pg from "pg";
import type { Caller } from "../database/caller.ts";
import type { Shown, Taken } from "./mail_proofs.ts";
import type { SealedMail } from "./mail_secrets.ts";
import { askingOne } from "./one_row.ts";

/** What came of asking to have an account deleted. */
export interface DeletionAsked {
  /** ok, step_up_required, last_owner, throttled, or why the session will not do. */
  readonly outcome: string;
  /** When it is erased, with ok. */
  readonly dueAt: Date | null;
  /** With last_owner the slugs of the companies that cannot do without this person. */
  readonly tenants: readonly string[] | null;
}

export interface AccountDeletion {
  /** @param graceDays until the account is erased */
  request(caller: Caller, graceDays: number, mail: SealedMail): Promise<DeletionAsked>;
  restore(shown: Shown, facts: Caller["facts"]): Promise<Taken<"ok">>;
}

/** @param auth connected as rowhouse_auth */
export function openAccountDeletion(auth: Pick<pg.Pool, "query">): AccountDeletion {
  const one = askingOne(auth);
  return {
    request({ credential, facts }, graceDays, { link, code, mail, secret }) {
      return one(
        "request_deletion",
        `select outcome, due_at as "dueAt", tenants
         from auth.request_deletion($1, make_interval(days => $2), $3, $4, $5, $6, $7)`,
        [credential, graceDays, link, code, mail, secret, facts],
      );
    },
    restore({ link, email, codes }, facts) {
      return one(
        "restore_account",
        `select outcome, retry_after as "retryAfter" from auth.restore_account($1, $2, $3, $4)`,
        [link, email, codes, facts],
      );
    },
  };
}
