import Router from "@koa/router";
import { ownOrigins } from "../cors.ts";
import { mailPage, mailPageScript } from "../pages/mail_page.ts";
import type { RequestState } from "../request_facts.ts";
import { changeEmail } from "../routes/change_email.ts";
import { changePassword } from "../routes/change_password.ts";
import { confirmEmail } from "../routes/confirm_email.ts";
import { consumeLink } from "../routes/consume_link.ts";
import { forgotPassword } from "../routes/forgot_password.ts";
import { logIn } from "../routes/log_in.ts";
import { logOut } from "../routes/log_out.ts";
import { confirmTotp } from "../routes/mfa/confirm_totp.ts";
import { enrolTotp } from "../routes/mfa/enrol_totp.ts";
import { removeTotp } from "../routes/mfa/remove_totp.ts";
import { verifyMfa } from "../routes/mfa/verify.ts";
import { openGuest } from "../routes/open_guest.ts";
import { refresh } from "../routes/refresh.ts";
import { register } from "../routes/register.ts";
import { requestLink } from "../routes/request_link.ts";
import { resetPassword } from "../routes/reset_password.ts";
import { describeSession } from "../routes/session.ts";
import { stepUp } from "../routes/step_up.ts";
import { switchTenant } from "../routes/switch_tenant.ts";
import { upgradeGuest } from "../routes/upgrade_guest.ts";
import { verifyEmail } from "../routes/verify_email.ts";
import { answers } from "../routing.ts";
import { EXACT, type Parts } from "./parts.ts";

export function signingIn(parts: Parts): Router<RequestState> {
  const { identity, proofs, account, rules, factors, authority, masterKeys, metrics, mailer, config } = parts;
  const { guests, captcha, limits } = parts;
  const mfa = { factors, authority, masterKeys, metrics, issuer: new URL(config.publicUrl).hostname };
  const origins = [...ownOrigins(config.publicUrl), ...config.corsOrigins];
  const json = answers("application/json");
  return new Router<RequestState>(EXACT)
    .get("/auth/mail_page.js", mailPageScript())
    .post("/auth/register", json, register(proofs, mailer, masterKeys, captcha, config.registration))
    .get(
      "/auth/email/verify",
      mailPage({ purpose: "register", action: "/auth/email/verify", password: true }),
    )
    .post("/auth/email/verify", json, verifyEmail(proofs, rules, masterKeys, config.registration))
    .post(
      "/auth/guest",
      json,
      limits.guests,
      openGuest(guests, captcha, authority, masterKeys, metrics, config.guests.most),
    )
    .post("/auth/guest/upgrade", json, upgradeGuest(guests, captcha, mailer, masterKeys, config.registration))
    .post("/auth/password/change", json, changePassword(account, rules, mailer))
    .post("/auth/password/forgot", json, forgotPassword(proofs, mailer, masterKeys, captcha))
    .get(
      "/auth/password/reset",
      mailPage({ purpose: "reset_password", action: "/auth/password/reset", password: true }),
    )
    .post("/auth/password/reset", json, resetPassword(proofs, rules, mailer, masterKeys))
    .post("/auth/link/request", json, requestLink(proofs, mailer, masterKeys, captcha))
    .get(
      "/auth/link",
      mailPage({
        purpose: "sign_in",
        action: "/auth/link/consume",
        password: false,
        also: { cookie: true },
      }),
    )
    .post("/auth/link/consume", json, consumeLink(proofs, authority, masterKeys, metrics))
    .post("/auth/email/change", json, changeEmail(account, mailer, masterKeys))
    .get(
      "/auth/email/change",
      mailPage({ purpose: "change_email", action: "/auth/email/change/confirm", password: false }),
    )
    .post("/auth/email/change/confirm", json, confirmEmail(account, mailer, masterKeys))
    .post("/auth/login", json, logIn(identity, authority, masterKeys, metrics))
    .post("/auth/refresh", json, refresh(identity, authority, masterKeys, metrics, origins))
    .post("/auth/logout", json, logOut(identity, masterKeys, origins))
    .post("/auth/switch", json, switchTenant(identity, authority, masterKeys, metrics, origins))
    .get("/auth/session", json, describeSession(identity))
    .post("/auth/mfa/totp/enroll", json, enrolTotp(mfa))
    .post("/auth/mfa/totp/confirm", json, confirmTotp(mfa))
    .post("/auth/mfa/totp/remove", json, removeTotp(mfa))
    .post("/auth/mfa/verify", json, verifyMfa(mfa))
    .post("/auth/step-up", json, stepUp(factors, masterKeys, metrics));
}
