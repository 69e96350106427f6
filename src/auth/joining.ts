import type pg from "pg";
import type { Caller } from "../database/caller.ts";
import { askingOne } from "./one_row.ts";

// The functions of db/schema/auth by which somebody becomes a member of a company: by an invitation, or by the domain of
// their address. Whether they do, those decide; RH471 is raised where every seat is taken.

/** The company that somebody is a member of now. */
export interface Joined {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

/** How it went: `tenant` is there with the outcome ok. */
export interface Joining {
  readonly outcome: string;
  readonly tenant: Joined | null;
}

/** The same of an invitation, with the teams that it led into. */
export interface Accepting extends Joining {
  readonly teams: readonly { readonly id: string; readonly name: string; readonly role: string }[] | null;
}

/** What somebody without an account says of themselves, who accepts. */
export interface Newcomer {
  readonly name: string;
  readonly passwordHash: string;
}

export interface JoiningCompanies {
  /**
   * @param link sha256 of the token of the invitation's link
   * @param caller who is signed in, if anybody is
   * @param locale of a new account
   */
  accept(
    link: Buffer,
    caller: Caller | undefined,
    newcomer: Newcomer | null,
    locale: string,
    facts: Caller["facts"],
  ): Promise<Accepting>;
  join(caller: Caller, tenant: string): Promise<Joining>;
}

/** @param auth connected as rowhouse_auth */
export function openJoining(auth: Pick<pg.Pool, "query">): JoiningCompanies {
  const one = askingOne(auth);
  return {
    accept(link, caller, newcomer, locale, facts) {
      return one(
        "accept_invitation",
        "select outcome, tenant, teams from auth.accept_invitation($1, $2, $3, $4, $5, $6)",
        [
          link,
          caller?.credential ?? null,
          newcomer?.name ?? null,
          newcomer?.passwordHash ?? null,
          locale,
          caller?.facts ?? facts,
        ],
      );
    },
    join({ credential, facts }, tenant) {
      return one("join_tenant", "select outcome, tenant from auth.join_tenant($1, $2, $3)", [
        credential,
        tenant,
        facts,
      ]);
    },
  };
}
