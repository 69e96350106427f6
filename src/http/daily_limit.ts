import type { Middleware } from "koa";
import type { RequestCounts, UsedUpDay } from "../auth/request_counts.ts";
import type { ErrorCatalogue } from "./error_catalogue.ts";
import { Problem } from "./problem.ts";
import { asProblem } from "./report_errors.ts";
import type { RequestState } from "./request_facts.ts";

/**
 * Counts the request for the day of the caller's tenant, whatever came of it, and refuses it where the plan's requests of that day
 * are used up: 429 `daily_limit_reached`. What the door refuses counts for nobody: a token that is good no more names a
 * tenant that its bearer is not in. What is under /auth/ is no part of the plan: whoever is in gets out.
 */
export function limitDays(counts: RequestCounts, catalogue: ErrorCatalogue): Middleware<RequestState> {
  return async (ctx, next) => {
    const { caller } = ctx.state;
    if (!caller || ctx.path.startsWith("/auth/")) return next();
    const day = counts.usedUp(caller);
    if (day) throw dayIsOver(day);
    try {
      await next();
    } catch (error) {
      if (asProblem(error, catalogue).status !== 401) counts.note(caller);
      throw error;
    }
    if (ctx.status !== 401) counts.note(caller);
  };
}

function dayIsOver({ used, most, seconds }: UsedUpDay): Problem {
  return new Problem(
    429,
    "daily_limit_reached",
    `The company has used ${used} of its ${most} requests of today; the next day begins at midnight, UTC.`,
    {
      headers: { "Retry-After": String(seconds) },
      members: { limit: "requestsPerDay", used, most, retryAfter: seconds },
    },
  );
}
