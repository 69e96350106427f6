import type { Middleware } from "koa";
import { traced } from "../tracing.ts";
import type { RequestState } from "./request_facts.ts";
import { routeOf } from "./routing.ts";

/** A span for each request, named by its method and route, within the trace that its `traceparent` names. */
export function traceRequests(): Middleware<RequestState> {
  return (ctx, next) =>
    traced(
      {
        name: ctx.method,
        kind: "server",
        attributes: { "http.request.method": ctx.method, "rowhouse.request.id": ctx.state.facts.request_id },
        headers: ctx.headers,
        outcome: () => ({
          name: `${ctx.method} ${routeOf(ctx)}`,
          attributes: { "http.route": routeOf(ctx), "http.response.status_code": ctx.status },
          failed: ctx.status >= 500,
        }),
      },
      next,
    );
}
