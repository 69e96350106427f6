import type { Middleware } from "koa";
import type pg from "pg";
import { Pool } from "../../database/pool.ts";
import { accessDrift, describeDrift, schemaState } from "../../database/schema_state.ts";
import type { Log } from "../../log.ts";

/** Milliseconds that a check may take before it counts as failed. */
const PATIENCE = 3_000;
/** The age at which a worker's last beat counts as its last; it beats four times a minute. */
const WORKER_GONE = "3 minutes";
/** Milliseconds for which an answer about policies and grants is good: PostgreSQL reads its whole catalogue for one. */
const DRIFT_FRESH = 30_000;

interface Check {
  readonly ok: boolean;
  readonly [more: string]: unknown;
}

/** `GET /healthz`: the process answers. */
export function healthz(): Middleware {
  return (ctx) => {
    ctx.set("Cache-Control", "no-store");
    ctx.body = { status: "ok" };
  };
}

/**
 * More than the probe's work_mem, so that PostgreSQL has to write some of it to a file: a disk without room says so here
 * (SQLSTATE class 53), before somebody's change is refused.
 */
const SPILL = "select count(*) from generate_series(1, 10000)";

/** The connection that `/readyz` asks with. It is its own, because requests may take all of the others. */
export function openProbe(connectionString: string, log: Log): Pool {
  const settings = { work_mem: "64kB" };
  return new Pool({ connectionString, max: 1, name: "rowhouse", statementTimeout: PATIENCE, settings }, log);
}

/**
 * `GET /readyz`: whether to send requests here; 200 or 503, naming each check, or `leaving` before it closes. Whoever asks
 * while somebody else's checks are under way gets their result, so that strangers cannot keep the probe from those who
 * need it.
 *
 * @param probe see {@link openProbe}
 */
export function readyz(
  probe: Pick<pg.Pool, "query">,
  log: Pick<Log, "warn">,
  leaving: () => boolean,
): Middleware {
  const policies = remembering(DRIFT_FRESH, driftCheck(probe, log));
  let underway: Promise<Record<string, Check>> | null = null;
  return async (ctx) => {
    if (leaving()) {
      ctx.set("Cache-Control", "no-store");
      ctx.status = 503;
      ctx.body = { status: "leaving" };
      return;
    }
    underway ??= lookAround(probe, policies).finally(() => {
      underway = null;
    });
    const checks = await underway;
    const ready = Object.values(checks).every(({ ok }) => ok);
    ctx.set("Cache-Control", "no-store");
    ctx.status = ready ? 200 : 503;
    ctx.body = { status: ready ? "ready" : "not_ready", checks };
  };
}

/** Whether all that decides about access is as the migrations left it. What is not is for the log: anybody may ask here. */
function driftCheck(probe: Pick<pg.Pool, "query">, log: Pick<Log, "warn">): () => Promise<Check> {
  let told = "";
  return async () => {
    const drift = await accessDrift(probe);
    const objects = describeDrift(drift, 100);
    if (drift.length > 0 && told !== objects.join()) {
      log.warn({ objects }, 'not as the migrations left it; run "rowhouse migrate"');
    }
    told = objects.join();
    return { ok: drift.length === 0, differing: drift.length };
  };
}

/** A check whose answer is good for a while; one that failed is asked again. */
function remembering(fresh: number, check: () => Promise<Check>): () => Promise<Check> {
  let known: { at: number; answer: Check } | null = null;
  return async () => {
    if (known !== null && performance.now() - known.at < fresh) return known.answer;
    const answer = await check();
    known = { at: performance.now(), answer };
    return answer;
  };
}

async function lookAround(
  probe: Pick<pg.Pool, "query">,
  checkPolicies: () => Promise<Check>,
): Promise<Record<string, Check>> {
  const [database, migrations, policies, worker, storage] = await Promise.all([
    settled(async () => {
      await probe.query("select 1");
      return { ok: true };
    }),
    settled(async () => {
      const { pending, rebuilt } = await schemaState(probe);
      return { ok: pending.length === 0 && rebuilt.length === 0, pending, rebuilt };
    }),
    settled(checkPolicies),
    settled(async () => {
      // The age is the database's to tell: it wrote the time, and our clock may be another.
      const { rows } = await probe.query<{ ok: boolean; seenAt: Date | null }>(
        `select coalesce(worker_seen_at > now() - $1::interval, false) as ok, worker_seen_at as "seenAt"
         from context.readiness()`,
        [WORKER_GONE],
      );
      return { ok: false, seenAt: null, ...rows[0] };
    }),
    settled(async () => {
      await probe.query(SPILL);
      return { ok: true };
    }),
  ]);
  return { database, migrations, policies, worker, storage };
}

/** A check that fails or takes too long is a check that says no; why is for the log of what it looked at. */
async function settled(check: () => Promise<Check>): Promise<Check> {
  const { promise: late, resolve } = Promise.withResolvers<Check>();
  const timer = setTimeout(() => resolve({ ok: false, reason: "timeout" }), PATIENCE);
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return { ok: false, reason: String((error as { code?: unknown }).code ?? "error") };
  } finally {
    clearTimeout(timer);
  }
}
