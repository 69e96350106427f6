import { createHash, timingSafeEqual } from "node:crypto";
import type { Middleware } from "koa";
import type { Metrics } from "../../metrics.ts";
import { unauthorized } from "../problem.ts";

/**
 * `GET /metrics` in Prometheus' text format. With METRICS_TOKEN it wants that as a bearer token: refuses with
 * 401 metrics_token_invalid.
 */
export function metricsPage({ registry, page }: Metrics, token: string | null): Middleware {
  return async (ctx) => {
    if (token !== null && !same(ctx.get("Authorization"), `Bearer ${token}`)) {
      throw unauthorized("metrics_token_invalid", "Metrics need the bearer token that METRICS_TOKEN names.");
    }
    ctx.set("Cache-Control", "no-store");
    ctx.body = await page();
    ctx.set("Content-Type", registry.contentType);
  };
}

/** Compares digests, so that the time tells neither length nor content. */
function same(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
