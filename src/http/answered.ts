import type { Context } from "koa";
import { isGraphQL } from "./graphql_path.ts";
import type { RequestState } from "./request_facts.ts";
import { routeOf } from "./routing.ts";

/** How a request ended. */
export interface Ending {
  /** The pattern, never the path. */
  readonly route: string;
  /** What it was answered, whoever was still there to read it. */
  readonly status: number;
  readonly seconds: number;
  /** What the answer was refused with, as the answer has it: GraphQL writes capitals. */
  readonly codes: readonly string[];
  /** The client went away before it had its answer. */
  readonly left: boolean;
}

/** Goes on, and tells how the request ended, once, when there is no more to come. */
export async function untilAnswered(
  ctx: Context & { state: RequestState },
  next: () => Promise<unknown>,
  tell: (ending: Ending) => void,
): Promise<void> {
  const start = process.hrtime.bigint();
  const ended = (): void => {
    const { problem, refusals = [] } = ctx.state;
    tell({
      route: routeOf(ctx),
      status: ctx.status,
      seconds: Number(process.hrtime.bigint() - start) / 1e9,
      codes: problem ? [isGraphQL(ctx) ? problem.code.toUpperCase() : problem.code] : refusals,
      // Half an answer of ours that we cut ourselves is our failure; anybody else who is gone, left.
      left: !ctx.res.writableFinished && !(ctx.status >= 500 && ctx.req.complete),
    });
  };
  try {
    await next();
  } finally {
    // `close` comes in every case, also when the client goes away; it may have come already.
    if (ctx.res.closed) ended();
    else ctx.res.once("close", ended);
  }
}
