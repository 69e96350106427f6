import type { Middleware } from "koa";
import { Problem } from "./problem.ts";
import type { RequestState } from "./request_facts.ts";

/**
 * To stand before everything. Koa reads the request target anew wherever somebody asks for the path, and throws if
 * it cannot be read (`GET http://[`), also in a listener, where that ends the process. Such a target becomes `/`.
 */
export function mendTarget(): Middleware<RequestState> {
  return (ctx, next) => {
    if (!readable(() => ctx.path)) {
      ctx.url = "/";
      ctx.state.targetMended = true;
    }
    return next();
  };
}

/** To stand below `reportErrors`. Refuses what had to be mended with 400 malformed_target (RFC 9112 section 3.2). */
export function refuseMendedTarget(): Middleware<RequestState> {
  return (ctx, next) => {
    if (!ctx.state.targetMended) return next();
    throw new Problem(400, "malformed_target", "The request's target cannot be read.");
  };
}

/** Koa's types do not say so, but a target such as `x:` has no path at all. */
function readable(path: () => string | null): boolean {
  try {
    return path() !== null;
  } catch {
    return false;
  }
}
