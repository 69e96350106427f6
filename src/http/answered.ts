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

type Tell = (ending: Ending) => void;

/** Who wants to hear of a request that is under way. */
const listening = new WeakMap<object, Tell[]>();

/** Goes on, and tells how the request ended, once, when there is no more to come. All who ask hear the same. */
export async function untilAnswered(
  ctx: Context & { state: RequestState },
  next: () => Promise<unknown>,
  tell: Tell,
): Promise<void> {
  const others = listening.get(ctx);
  if (others) {
    others.push(tell);
    await next();
    return;
  }
  const all = [tell];
  listening.set(ctx, all);
  const start = process.hrtime.bigint();
  const ended = (): void => {
    const ending = endingOf(ctx, Number(process.hrtime.bigint() - start) / 1e9);
    for (const one of all) one(ending);
  };
  try {
    await next();
  } finally {
    // `close` comes in every case, also when the client goes away; it may have come already.
    if (ctx.res.closed) ended();
    else ctx.res.once("close", ended);
  }
}

function endingOf(ctx: Context & { state: RequestState }, seconds: number): Ending {
  const { problem, refusals = [] } = ctx.state;
  return {
    route: routeOf(ctx),
    status: ctx.status,
    seconds,
    codes: problem ? [isGraphQL(ctx) ? problem.code.toUpperCase() : problem.code] : refusals,
    // Half an answer of ours that we cut ourselves is our failure; anybody else who is gone, left.
    left: !ctx.res.writableFinished && !(ctx.status >= 500 && ctx.req.complete),
  };
}
