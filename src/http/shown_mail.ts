import type { MasterKeys } from "../auth/encryption.ts";
import type { Shown, Taken } from "../auth/mail_proofs.ts";
import { codeDigests, type MailPurpose } from "../auth/mail_secrets.ts";
import { digest } from "../auth/session_secrets.ts";
import * as field from "./fields.ts";
import { Problem, tooMany } from "./problem.ts";

/** The fields by which a mail is shown: `token` of its link; or `email` and `code`. */
export const shownFields = {
  token: field.optional(field.text(1, 200)),
  email: field.optional(field.email),
  code: field.optional(field.text(6, 6, /^\d{6}$/, "must be the six digits of the mail")),
};

/**
 * What was shown, as the database is told of it.
 *
 * @throws {Problem} 400 `invalid_input` unless it is either a token, or an address and a code
 */
export function shownIn(
  {
    token,
    email,
    code,
  }: { token?: string | undefined; email?: string | undefined; code?: string | undefined },
  purpose: MailPurpose,
  keys: MasterKeys,
): Shown {
  if (token !== undefined && email === undefined && code === undefined) {
    return { link: digest(token), email: null, codes: null };
  }
  if (token === undefined && email !== undefined && code !== undefined) {
    return { link: null, email, codes: codeDigests(keys, purpose, email, code) };
  }
  const wrong = token === undefined && email === undefined ? "email" : "code";
  throw field.invalidFields([
    token === undefined
      ? { field: wrong, detail: 'is missing: send "token" of the link, or "email" and "code"' }
      : { field: "token", detail: 'stands alone: send it, or "email" and "code"' },
  ]);
}

/** Why a link or code was not taken. */
export function mailRefusal({ outcome, retryAfter }: Taken<string>): Problem {
  if (outcome === "throttled") {
    return tooMany(
      "too_many_attempts",
      "Too many codes were tried for this address; wait, or open the link.",
      retryAfter,
    );
  }
  if (outcome === "other_browser") {
    return new Problem(
      403,
      "link_of_another_browser",
      "This link was asked for in another browser: open it there, or send the code of the mail.",
    );
  }
  if (outcome !== "invalid_token") throw new Error(`auth.try_mail_token answered ${outcome}`);
  return new Problem(
    400,
    "invalid_verification_token",
    "This link or code was used, has expired, was replaced by a newer one, or is wrong.",
  );
}
