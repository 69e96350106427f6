import type { Middleware } from "koa";
import type { Accesses } from "../audit/accesses.ts";
import { untilAnswered } from "./answered.ts";
import type { RequestState } from "./request_facts.ts";

/**
 * Tells the trail of each request that came with a credential of ours, when it has its answer; a stream, when it ends. What
 * it says has no path, no query string, no variable and no header, because that is where secrets and words are.
 */
export function recordAccess(accesses: Accesses): Middleware<RequestState> {
  return (ctx, next) =>
    untilAnswered(ctx, next, ({ route, status, seconds, codes, left }) => {
      const { caller, operation } = ctx.state;
      if (!caller) return;
      accesses.note({
        caller,
        status,
        notable:
          status >= 400 || codes.length > 0 || caller.bySupport === true || operation?.privileged === true,
        detail: {
          method: ctx.method,
          route,
          status,
          ms: Math.round(seconds * 1e4) / 10,
          ...(operation && {
            operation: operation.kind,
            ...(operation.name !== null && { name: operation.name }),
            fields: operation.fields,
          }),
          ...(codes.length > 0 && { code: codes.join(" ") }),
          ...(left && { left }),
        },
      });
    });
}
