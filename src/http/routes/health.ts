import type { Middleware } from "koa";
import type pg from "pg";
import { pendingMigrations } from "../../database/migrations.ts";

/** Milliseconds that a check may take before it counts as failed. */
const PATIENCE = 3_000;
/** Milliseconds after which a worker that was not seen counts as gone; it beats every minute. */
const WORKER_GONE = 3 * 60_000;

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

/** `GET /readyz`: whether to send requests here; 200 or 503, naming each check. */
export function readyz(app: Pick<pg.Pool, "query">): Middleware {
  return async (ctx) => {
    const [database, migrations, worker] = await Promise.all([
      settled(async () => {
        await app.query("select 1");
        return { ok: true };
      }),
      settled(async () => {
        const pending = await pendingMigrations(app);
        return { ok: pending.length === 0, pending };
      }),
      settled(async () => {
        const { rows } = await app.query<{ seen: Date | null }>(
          "select worker_seen_at as seen from context.readiness()",
        );
        const seen = rows[0]?.seen ?? null;
        return { ok: seen !== null && Date.now() - seen.getTime() < WORKER_GONE, seenAt: seen };
      }),
    ]);
    const ready = database.ok && migrations.ok && worker.ok;
    ctx.set("Cache-Control", "no-store");
    ctx.status = ready ? 200 : 503;
    ctx.body = { status: ready ? "ready" : "not_ready", checks: { database, migrations, worker } };
  };
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
