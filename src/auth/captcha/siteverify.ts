import * as v from "valibot";
import type { Config } from "../../config.ts";
import type { Log } from "../../log.ts";
import { type Captcha, noCaptcha } from "./captcha.ts";

// Cloudflare Turnstile and hCaptcha are asked alike: a form with `secret`, `response` and `remoteip` is POSTed, and JSON
// says `success`, where the puzzle stood (`hostname`), why not (`error-codes`) and, at Turnstile, what for (`action`).
// https://developers.cloudflare.com/turnstile/get-started/server-side-validation/ and https://docs.hcaptcha.com/

/** Where each provider is asked. */
const ADDRESSES = {
  turnstile: "https://challenges.cloudflare.com/turnstile/v0/siteverify",
  hcaptcha: "https://api.hcaptcha.com/siteverify",
} as const;

/** Milliseconds that a person waits for the provider at most. */
const PATIENCE = 5_000;

/** What says nothing of the token: our settings are wrong, or the provider is. */
const NOT_THE_TOKEN: ReadonlySet<string> = new Set([
  "missing-input-secret",
  "invalid-input-secret",
  "sitekey-secret-mismatch",
  "not-using-dummy-passcode",
  "missing-remoteip",
  "invalid-remoteip",
  "bad-request",
  "internal-error",
]);

const answer = v.looseObject({
  success: v.boolean(),
  hostname: v.nullish(v.string()),
  action: v.nullish(v.string()),
  "error-codes": v.optional(v.array(v.string()), []),
});

/**
 * Whether a provider says that a puzzle was solved, in a page of ours and for this. That a token is good once is the
 * provider's doing. It fails closed: where the provider does not answer, or refuses us, nobody is let through, and the log
 * says so.
 */
export function openCaptcha(
  { captcha, publicUrl, corsOrigins }: Pick<Config, "captcha" | "publicUrl" | "corsOrigins">,
  log: Pick<Log, "warn" | "error">,
): Captcha {
  if (captcha === null) return noCaptcha;
  const { provider, secret, verifyUrl } = captcha;
  const ourPages = new Set([publicUrl, ...corsOrigins].map((origin) => new URL(origin).hostname));
  return {
    async verify(token, action, ip) {
      if (token === undefined) return "required";
      const form = new URLSearchParams({ secret, response: token, ...(ip && { remoteip: ip }) });
      let said: v.InferOutput<typeof answer>;
      try {
        const response = await fetch(verifyUrl ?? ADDRESSES[provider], {
          method: "POST",
          body: form,
          headers: { Accept: "application/json", "User-Agent": "rowhouse" },
          redirect: "error",
          signal: AbortSignal.timeout(PATIENCE),
        });
        if (response.status >= 500) throw new Error(`it answered ${response.status}`);
        said = v.parse(answer, await response.json());
      } catch (err) {
        log.error(
          { err, provider },
          "the CAPTCHA provider cannot be asked; whoever it was about was refused",
        );
        return "unavailable";
      }
      const errors = said["error-codes"];
      if (!said.success && errors.some((code) => NOT_THE_TOKEN.has(code))) {
        log.error(
          { provider, errors },
          "the CAPTCHA provider refuses us: look at CAPTCHA and CAPTCHA_SECRET",
        );
        return "unavailable";
      }
      const elsewhere = typeof said.hostname === "string" && !ourPages.has(said.hostname);
      const forElse = Boolean(said.action) && said.action !== action;
      if (said.success && (elsewhere || forElse)) {
        const { hostname, action: solvedFor } = said;
        log.warn(
          { provider, hostname, solvedFor, action },
          "a CAPTCHA was solved elsewhere, or for another call",
        );
      }
      return said.success && !elsewhere && !forElse ? "ok" : "failed";
    },
  };
}
