import type { Middleware } from "koa";
import type { JoiningCompanies } from "../../auth/joining.ts";
import type { MailProofs } from "../../auth/mail_proofs.ts";
import type { PasswordRules } from "../../auth/password_rules.ts";
import { hashPassword } from "../../auth/passwords.ts";
import { digest } from "../../auth/session_secrets.ts";
import { accepted } from "../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { languageOf } from "../language.ts";
import { sessionRefusal } from "../own_session.ts";
import { type Problem, refusalOf, weakPassword } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { mailRefusal } from "../shown_mail.ts";

export const acceptInvitationOperation = operation({
  method: "post",
  path: "/auth/invitation/accept",
  area: "Signing in",
  summary: "Accept a company's invitation",
  description:
    "With the token of the mail's link. Who has an account with the invited address sends its access token along; who has none sends `name` and `password`, and has one then. A refusal uses nothing up.",
  body: {
    token: field.text(1, 200),
    name: field.optional(field.name),
    password: field.optional(field.text(1, 1_000)),
  },
  answers: { 200: { says: "A member now: sign in, or switch to it.", body: accepted } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_SESSION.filter((code) => code !== "credential_missing" && code !== "membership_removed"),
    "already_member",
    "invalid_verification_token",
    "invitation_needs_sign_in",
    "invitation_of_another",
    "inviter_lost_right",
    "membership_removed",
    "seats_taken",
    "way_not_allowed",
    "weak_password",
  ],
});

/**
 * `POST /auth/invitation/accept {token}` with an access token of the invited address, or `{token, name, password}` of who
 * has no account → `{tenant, teams}`. REGISTRATION lets who is invited in, whatever it says. A refusal uses nothing up.
 *
 * Refuses with 400 invalid_verification_token, weak_password and invalid_input; 401 invitation_needs_sign_in where the
 * address has an account, and what a session is refused for; 403 invitation_of_another, inviter_lost_right, and
 * way_not_allowed for somebody new whom the company wants to sign in at a provider; 409 already_member and seats_taken.
 */
export function acceptInvitation(
  joining: JoiningCompanies,
  proofs: MailProofs,
  rules: PasswordRules,
): Middleware<RequestState> {
  return async (ctx) => {
    const { caller, facts } = ctx.state;
    const { token, name, password } = field.readFields(await readJson(ctx), acceptInvitationOperation.body!);
    const link = digest(token);
    // Whoever is signed in needs no password, and whoever has no good link is told nothing about theirs.
    const chosen = caller || name === undefined || password === undefined ? null : { name, password };
    if (chosen) {
      const weighed = await proofs.weigh("invitation", { link, email: null, codes: null }, facts);
      if (weighed.outcome !== "ok") throw mailRefusal(weighed);
      const weakness = await rules.problem(chosen.password, [chosen.name, ...(weighed.about ?? [])]);
      if (weakness) throw weakPassword(weakness);
    }
    const newcomer = chosen && { name: chosen.name, passwordHash: await hashPassword(chosen.password) };
    const { outcome, tenant, teams } = await joining
      .accept(link, caller, newcomer, languageOf(ctx), facts)
      .catch(namingTheField);
    ctx.state.outcome = outcome;
    if (outcome !== "ok") throw acceptRefusal(outcome, { name, password });
    ctx.body = { tenant, teams };
  };
}

function acceptRefusal(outcome: string, given: { name?: unknown; password?: unknown }): Problem {
  switch (outcome) {
    case "invalid_token":
      return mailRefusal({ outcome, retryAfter: 0 });
    case "newcomer":
      return field.invalidFields(
        (["name", "password"] as const)
          .filter((one) => given[one] === undefined)
          .map((one) => ({ field: one, detail: "is missing: there is no account with this address yet" })),
      );
    case "sign_in_first":
      return refusalOf("invitation_needs_sign_in");
    case "another_person":
      return refusalOf("invitation_of_another");
    case "inviter_may_not":
      return refusalOf("inviter_lost_right");
    case "already_member":
      return refusalOf("already_member");
    case "way_not_allowed":
      return refusalOf("way_not_allowed");
    default:
      return sessionRefusal(outcome);
  }
}

/** What a name has to be, the database decides; whose name it was, is known here. */
function namingTheField(error: unknown): never {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  if (code !== "23514" || constraint !== "users_name_check") throw error;
  throw field.invalidFields([{ field: "name", detail: "must be one line that shows something" }], error);
}
