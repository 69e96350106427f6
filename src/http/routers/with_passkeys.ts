import Router from "@koa/router";
import { ownOrigins } from "../cors.ts";
import type { RequestState } from "../request_facts.ts";
import { logInWithPasskey } from "../routes/passkey/login.ts";
import { logInWithPasskeyOptions } from "../routes/passkey/login_options.ts";
import { registerPasskey } from "../routes/passkey/register.ts";
import { registerPasskeyOptions } from "../routes/passkey/register_options.ts";
import { verifyMfaPasskey } from "../routes/passkey/second_factor.ts";
import { mfaPasskeyOptions } from "../routes/passkey/second_factor_options.ts";
import { stepUpWithPasskey } from "../routes/passkey/step_up.ts";
import { stepUpWithPasskeyOptions } from "../routes/passkey/step_up_options.ts";
import { answers } from "../routing.ts";
import { EXACT, type Parts } from "./parts.ts";

/** Keys of authenticators: adding one, signing in with it alone or after a password, and proving anew who one is. */
export function withPasskeys(parts: Parts): Router<RequestState> {
  const { passkeys, authority, masterKeys, metrics, mailer, config } = parts;
  const party = {
    id: config.passkeyRpId,
    name: new URL(config.publicUrl).hostname,
    origins: [...ownOrigins(config.publicUrl), ...config.corsOrigins],
  };
  const given = { passkeys, party, authority, masterKeys, metrics, mailer };
  const json = answers("application/json");
  return new Router<RequestState>(EXACT)
    .post("/auth/passkey/register/options", json, registerPasskeyOptions(given))
    .post("/auth/passkey/register", json, registerPasskey(given))
    .post("/auth/passkey/login/options", json, logInWithPasskeyOptions(given))
    .post("/auth/passkey/login", json, logInWithPasskey(given))
    .post("/auth/mfa/passkey/options", json, mfaPasskeyOptions(given))
    .post("/auth/mfa/passkey/verify", json, verifyMfaPasskey(given))
    .post("/auth/step-up/passkey/options", json, stepUpWithPasskeyOptions(given))
    .post("/auth/step-up/passkey", json, stepUpWithPasskey(given));
}
