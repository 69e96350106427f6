import type pg from "pg";
import type { Period } from "./period.ts";

/** A day of the period, in its time zone. */
export interface DayOfSignIns {
  readonly day: string;
  readonly signIns: number;
  readonly failures: number;
}

/** Failed sign-ins of one account, or from one network. */
export interface Failures {
  readonly userId: string | null;
  readonly network: string | null;
  readonly failures: number;
  /** From how many networks, or of how many accounts. */
  readonly spread: number;
  readonly lastAt: Date;
}

export interface Refusals {
  /** What was refused: a permission, or why a credential was. */
  readonly what: string;
  readonly code: string;
  readonly refusals: number;
  readonly people: number;
  readonly lastAt: Date;
}

/** A sign-in of somebody from where they had not come before. */
export interface NewNetwork {
  readonly userId: string;
  readonly network: string;
  readonly firstAt: Date;
  readonly signIns: number;
}

/** A refresh token that was shown twice: its session was ended, because one of the two was a thief. */
export interface Reuse {
  readonly at: Date;
  readonly userId: string | null;
  readonly network: string;
}

export interface Activity {
  readonly days: readonly DayOfSignIns[];
  readonly failedAccounts: readonly Failures[];
  readonly failedNetworks: readonly Failures[];
  readonly refusals: readonly Refusals[];
  readonly newNetworks: readonly NewNetwork[];
  readonly reuses: readonly Reuse[];
}

/** Rows of each of these lists: the first tell what there is to see. */
const MOST = 20;
/** Days before the period in which a network counts as known. */
export const KNOWN_DAYS = 90;

/** The /24 of an address, or the /64. */
const network = (ip: string): string =>
  `coalesce(network(set_masklen(${ip}, case family(${ip}) when 4 then 24 else 64 end))::text, 'unknown')`;

const SIGN_INS = "('auth.login', 'auth.switch')";

/**
 * Failures of an account before anybody knows for which company belong to the platform; so they are found by whose account it is.
 * What strangers tried, of addresses that nobody has, is no company's.
 */
const FAILURES = `select event.at, event.actor_id, ${network("event.ip")} as network from audit.events as event
  where event.tenant_id in ($1, audit.platform()) and event.at >= $2 and event.at < $3
    and event.action in ('auth.login_failed', 'auth.mfa_failed', 'auth.passkey_refused') and event.actor_id = any ($4)`;

/** @param people ids of the company's people */
export async function readActivity(
  client: pg.ClientBase,
  tenant: string,
  { from, to, timeZone }: Period,
  people: readonly string[],
): Promise<Activity> {
  const days = await client.query<DayOfSignIns>(
    `with failures as (${FAILURES}),
     moments as (
       select at, 1 as signed_in, 0 as failed from audit.events
       where tenant_id = $1 and at >= $2 and at < $3 and action in ${SIGN_INS}
       union all select at, 0, 1 from failures
     )
     select to_char(day, 'YYYY-MM-DD') as day, coalesce(sum(signed_in), 0)::integer as "signIns", coalesce(sum(failed), 0)::integer as failures
     from generate_series(
       date_trunc('day', $2::timestamptz at time zone $5), ($3::timestamptz at time zone $5) - interval '1 microsecond', '1 day'
     ) as day
     left join moments on date_trunc('day', moments.at at time zone $5) = day
     group by day order by day`,
    [tenant, from, to, people, timeZone],
  );
  const failedAccounts = await client.query<Failures>(
    `select actor_id as "userId", null as network, count(*)::integer as failures, count(distinct network)::integer as spread, max(at) as "lastAt"
     from (${FAILURES}) as failed group by actor_id order by count(*) desc, max(at) desc limit ${MOST}`,
    [tenant, from, to, people],
  );
  const failedNetworks = await client.query<Failures>(
    `select null as "userId", network, count(*)::integer as failures, count(distinct actor_id)::integer as spread, max(at) as "lastAt"
     from (${FAILURES}) as failed group by network order by count(*) desc, max(at) desc limit ${MOST}`,
    [tenant, from, to, people],
  );
  const refusals = await client.query<Refusals>(
    `select coalesce(detail ->> 'detail', '') as what, coalesce(detail ->> 'code', '') as code, count(*)::integer as refusals,
       count(distinct actor_id)::integer as people, max(at) as "lastAt"
     from audit.events
     where tenant_id = $1 and at >= $2 and at < $3 and action = 'access.refused'
     group by 1, 2 order by count(*) desc, 1, 2 limit ${MOST}`,
    [tenant, from, to],
  );
  const newNetworks = await client.query<NewNetwork>(
    `with sign_ins as (
       select actor_id, ${network("ip")} as network, at, at >= $2 as in_period from audit.events
       where tenant_id = $1 and at >= $2::timestamptz - make_interval(days => $4) and at < $3 and action in ${SIGN_INS}
         and actor_id is not null and ip is not null
     )
     select actor_id as "userId", network, min(at) as "firstAt", count(*)::integer as "signIns"
     from sign_ins
     where actor_id in (select known.actor_id from sign_ins as known where not known.in_period)
     group by actor_id, network having bool_and(in_period)
     order by min(at) desc limit 100`,
    [tenant, from, to, KNOWN_DAYS],
  );
  const reuses = await client.query<Reuse>(
    `select at, actor_id as "userId", ${network("ip")} as network from audit.events
     where tenant_id = $1 and at >= $2 and at < $3 and action = 'auth.refresh_reused' order by at desc, id desc limit 100`,
    [tenant, from, to],
  );
  return {
    days: days.rows,
    failedAccounts: failedAccounts.rows,
    failedNetworks: failedNetworks.rows,
    refusals: refusals.rows,
    newNetworks: newNetworks.rows,
    reuses: reuses.rows,
  };
}
