import type { Middleware } from "koa";
import type { Log } from "../log.ts";
import { describeError } from "./describe_error.ts";
import type { Metrics } from "./metrics.ts";
import type { RequestState } from "./request_facts.ts";
import { routeOf } from "./routing.ts";

/**
 * One line and one measurement for each request, when it is answered. The line has no header, no body and
 * no query string, because that is where secrets are; a refusal's cause is in the same line.
 */
export function logRequests(log: Log, metrics: Metrics): Middleware<RequestState> {
  return async (ctx, next) => {
    const start = process.hrtime.bigint();
    const write = (): void => {
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const route = routeOf(ctx);
      const { facts, problem, outcome } = ctx.state;
      metrics.requests.observe({ method: ctx.method, route, status: ctx.status }, seconds);

      const line = {
        requestId: facts.request_id,
        method: ctx.method,
        path: ctx.path,
        status: ctx.status,
        ms: Math.round(seconds * 1e4) / 10,
        ip: facts.ip,
        ...(outcome && { outcome }),
        ...(problem && { code: problem.code, ...problem.members }),
        ...(problem?.cause !== undefined && { err: describeError(problem.cause) }),
        ...(!ctx.res.writableFinished && { aborted: true }),
      };
      if (ctx.status >= 500) log.error(line, "request failed");
      else if (problem) log.info(line, "request refused");
      else log[quiet.has(route) ? "debug" : "info"](line, "request");
    };
    try {
      await next();
    } finally {
      // `close` comes in every case, also when the client goes away; it may have come already.
      if (ctx.res.closed) write();
      else ctx.res.once("close", write);
    }
  };
}

/** Asked every few seconds by machines; not worth a line at the usual level. */
const quiet: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);
