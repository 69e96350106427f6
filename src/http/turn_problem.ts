import { ProviderFailure } from "../chat/provider/failure.ts";
import { refusalOf } from "../chat/stream/refusal.ts";
import { TurnEnded } from "../chat/turn_ended.ts";
import { CODES, type Code, comeBack } from "./codes.ts";
import { Problem, unauthorized } from "./problem.ts";

/** A turn that failed or was ended where there is still a status to say it with; null for any other error. */
export function turnProblem(error: unknown): Problem | null {
  if (!(error instanceof ProviderFailure || error instanceof TurnEnded)) return null;
  const { code: said, message } = refusalOf(error);
  // Who stopped it does not read this. Anybody else, as when this process closes, may ask again.
  const code: Code = said === "answer_stopped" ? "model_cut" : said;
  const status = CODES[code].status;
  if (status === 401) return unauthorized(code, message, error);
  const seconds = error instanceof ProviderFailure ? error.retryAfter : null;
  const wait = seconds === null ? comeBack(status) : { "Retry-After": String(Math.ceil(seconds)) };
  return new Problem(status, code, message, { headers: wait, cause: error });
}
