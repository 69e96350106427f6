import type { Enrolling } from "../../../auth/second_factors.ts";
import { digest } from "../../../auth/session_secrets.ts";
import { callerOf } from "../../own_session.ts";
import type { Request } from "../../request_facts.ts";

/** Facts as the session's own token states them. */
export const factsOf = (ctx: Request) => ctx.state.caller?.facts ?? ctx.state.facts;

/** Who asks: by a token of a sign-in if there is one, else by a session. */
export function enrolling(ctx: Request, token: string | undefined): Enrolling {
  if (token !== undefined) return { handle: null, token: digest(token) };
  return { handle: callerOf(ctx.state).credential, token: null };
}
