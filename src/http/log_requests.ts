import type { Middleware } from "koa";
import { about, type Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { type Ending, untilAnswered } from "./answered.ts";
import { describeError, reasonOf } from "./describe_error.ts";
import type { RequestState } from "./request_facts.ts";

/** What nginx calls a client that went away before it had its answer. It is in logs and metrics; nobody was sent it. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * One line and one measurement for each request, when it is answered; every other line that is logged on its way
 * carries its id too. The line has no header, no body and no query string, because that is where secrets are. It
 * has what the answer was refused with, and of our own failures the whole cause.
 */
export function logRequests(log: Log, metrics: Metrics): Middleware<RequestState> {
  return async (ctx, next) => {
    const write = ({ route, seconds, codes, left, ...ending }: Ending): void => {
      const { facts, problem, failure = problem?.cause, outcome } = ctx.state;
      const failed = ending.status >= 500;
      const status = left ? CLIENT_CLOSED_REQUEST : ending.status;
      metrics.requests.observe({ method: ctx.method, route, status }, seconds);
      if (!left) for (const code of codes) metrics.refusals.inc({ code: code.toLowerCase() });

      const line = {
        requestId: facts.request_id,
        method: ctx.method,
        path: ctx.path.slice(0, LONGEST_PATH),
        status,
        ms: Math.round(seconds * 1e4) / 10,
        ip: facts.ip,
        ...(outcome && { outcome }),
        ...(codes.length > 0 && { code: codes.join(" ") }),
        ...bounded(problem?.members),
        ...(failure !== undefined &&
          (failed ? { err: describeError(failure) } : { reason: reasonOf(failure) })),
      };
      if (left) log.info(line, "request abandoned by its client");
      else if (failed) log.error(line, "request failed");
      else if (codes.length > 0) log.info(line, "request refused");
      else log[quiet.has(route) ? "debug" : "info"](line, "request");
    };
    await about({ requestId: ctx.state.facts.request_id }, () => untilAnswered(ctx, next, write));
  };
}

/** Characters of a path that are worth a line. */
const LONGEST_PATH = 200;

/** Members of a refusal that repeat what the client sent are as long as the client likes. */
function bounded(members: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => {
      const text = typeof value === "object" ? JSON.stringify(value) : value;
      return [name, typeof text === "string" ? text.slice(0, LONGEST_PATH) : text];
    }),
  );
}

/** Asked every few seconds by machines; not worth a line at the usual level. */
const quiet: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);
