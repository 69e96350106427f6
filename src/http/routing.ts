import type { Context, Middleware } from "koa";
import { Problem } from "./problem.ts";

/** What the router notes in the context; its types keep it to themselves. */
interface Routed {
  _matchedRoute?: string | RegExp;
  matched?: { methods: string[]; opts: { end: boolean } }[];
}

/** The pattern of the route that answers, for logs and metrics: few values, none chosen by a stranger. */
export function routeOf(ctx: Context): string {
  const { _matchedRoute: route } = ctx as Context & Routed;
  if (route !== undefined) return String(route);
  return /^\/(graphql|graphiql)(?=\/|$)/.exec(ctx.path)?.[0] ?? "other";
}

/**
 * Answers what nothing answered: 404 where there is no such path, 405 with Allow where the path knows other
 * methods (RFC 9110 section 15.5.6), 204 with Allow for OPTIONS.
 */
export function answerTheRest(): Middleware {
  return async (ctx, next) => {
    await next();
    if (ctx.status !== 404 || ctx.body != null || ctx.respond === false || ctx.headerSent) return;
    const methods = new Set((ctx as Context & Routed).matched?.flatMap((layer) => layer.methods));
    if (methods.size === 0) throw new Problem(404, "not_found", "There is nothing at this address.");
    const allow = [...methods, "OPTIONS"].join(", ");
    if (ctx.method !== "OPTIONS") {
      throw new Problem(405, "method_not_allowed", `This address answers ${allow}.`, {
        headers: { Allow: allow },
      });
    }
    ctx.set("Allow", allow);
    ctx.status = 204;
  };
}

/** Refuses with 406 a client that would not read what the route answers. @param type e.g. `application/json` */
export function answers(type: string): Middleware {
  return (ctx, next) => {
    if (ctx.accepts(type)) return next();
    throw new Problem(406, "not_acceptable", `This address answers ${type}.`);
  };
}
