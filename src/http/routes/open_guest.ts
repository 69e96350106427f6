import type { Middleware } from "koa";
import type { TokenAuthority } from "../../auth/access_token.ts";
import type { Captcha } from "../../auth/captcha/captcha.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Guests } from "../../auth/guests.ts";
import { newSession } from "../../auth/session_secrets.ts";
import type { Metrics } from "../../metrics.ts";
import { captchaField, OF_A_CAPTCHA, requireCaptcha } from "../captcha_check.ts";
import { signedIn } from "../contract/answers.ts";
import { OF_A_KEY, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { languageOf } from "../language.ts";
import { callerOf } from "../own_session.ts";
import { Problem, tooMany } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { answerSignedIn, signInRefusal } from "../token_response.ts";

export const openGuestOperation = operation({
  method: "post",
  path: "/auth/guest",
  area: "Signing in",
  summary: "Let a visitor in",
  description:
    "With a publishable key that lets guests in, from one of its pages. `user.guest` is true then, and `email` null. Keep the tokens: nothing else leads back to the visitor's conversations.",
  credential: "key",
  body: {
    name: field.optional(field.name),
    cookie: field.optional(field.boolean),
    captcha: captchaField,
  },
  answers: { 200: { says: "The guest's first tokens.", body: signedIn } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_KEY,
    ...OF_A_CAPTCHA,
    "guests_not_allowed",
    "publishable_key_required",
    "too_many_guests",
  ],
});

/** Seconds after which a guest may have left. */
const LATER = 60;

/**
 * `POST /auth/guest {name?, cookie?, captcha?}` with a publishable key → a token response of a new guest of the key's
 * company, with a session of their own.
 *
 * Refuses with 401 credential_missing and the door's own reason for a key that does not open it; 403
 * publishable_key_required for any other credential; 403 guests_not_allowed; 429 too_many_guests; and for the CAPTCHA.
 */
export function openGuest(
  guests: Guests,
  captcha: Captcha,
  authority: TokenAuthority,
  keys: MasterKeys,
  metrics: Metrics,
  most: number,
): Middleware<RequestState> {
  return async (ctx) => {
    const { name, cookie, captcha: solved } = field.readFields(await readJson(ctx), openGuestOperation.body!);
    const key = callerOf(ctx.state, "This call needs a publishable API key.");
    await requireCaptcha(ctx, captcha, solved, "guest");
    const locale = languageOf(ctx);
    const { id: session, handle } = newSession(keys.current);
    const guest = { name: name ?? CALLED[locale], locale, most, session, handle };
    const { outcome, result } = await guests.open(key, guest).catch(namingTheField);
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "guest", outcome });
    if (outcome !== "ok") throw refusal(outcome);
    await answerSignedIn(ctx, { authority, masterKeys: keys }, session, result, cookie ?? false);
  };
}

/** What somebody is called who did not say. */
const CALLED = { en: "Guest", de: "Gast" } as const;

function refusal(outcome: string): Problem {
  switch (outcome) {
    case "publishable_key_required":
      return new Problem(403, outcome, "Guests are let in by a publishable API key.");
    case "guests_not_allowed":
      return new Problem(403, outcome, "This company takes no guests, or this key lets none in.");
    case "too_many_guests":
      return tooMany(outcome, "This company has as many guests as it may have; come back later.", LATER);
    default:
      return signInRefusal(outcome);
  }
}

/** What is a name, the database decides. */
function namingTheField(error: unknown): never {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  if (code !== "23514" || constraint !== "users_name_check") throw error;
  throw field.invalidFields([{ field: "name", detail: "must be one line that shows something" }], error);
}
