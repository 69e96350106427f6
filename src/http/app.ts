import Router from "@koa/router";
import Koa, { type Context, type Middleware } from "koa";
import type pg from "pg";
import type { TokenAuthority } from "../auth/access_token.ts";
import type { ApiKeyUsage } from "../auth/api_key_usage.ts";
import type { MasterKeys } from "../auth/encryption.ts";
import type { Identity } from "../auth/identity.ts";
import type { JoiningCompanies } from "../auth/joining.ts";
import type { MailProofs } from "../auth/mail_proofs.ts";
import type { Provider } from "../auth/oauth/provider.ts";
import type { OwnAccount } from "../auth/own_account.ts";
import type { Passkeys } from "../auth/passkeys/passkeys.ts";
import type { PasswordRules } from "../auth/password_rules.ts";
import type { SecondFactors } from "../auth/second_factors.ts";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import type { Mailer } from "../mail/mailer.ts";
import { mailFolder } from "../mail/transport.ts";
import type { Metrics } from "../metrics.ts";
import { authenticate } from "./authenticate.ts";
import type { BrowserSessions } from "./browser_sessions.ts";
import { allowOrigins, ownOrigins } from "./cors.ts";
import { describeError } from "./describe_error.ts";
import { challengeInKind } from "./dpop/challenge_in_kind.ts";
import type { Possession } from "./dpop/possession.ts";
import type { ErrorCatalogue } from "./error_catalogue.ts";
import { logRequests } from "./log_requests.ts";
import { noteUses } from "./note_uses.ts";
import { mailPage, mailPageScript } from "./pages/mail_page.ts";
import { icon, styleSheet } from "./pages/page.ts";
import type { RateLimits } from "./rate_limit.ts";
import { type OnRefusal, reportErrors } from "./report_errors.ts";
import { nameRequest, type RequestState } from "./request_facts.ts";
import { mendTarget, refuseMendedTarget } from "./request_target.ts";
import { acceptInvitation } from "./routes/accept_invitation.ts";
import { changeEmail } from "./routes/change_email.ts";
import { changePassword } from "./routes/change_password.ts";
import { confirmEmail } from "./routes/confirm_email.ts";
import { consumeLink } from "./routes/consume_link.ts";
import { errorIndex, errorPage } from "./routes/errors.ts";
import { exchangeCode, linkIdentity } from "./routes/exchange_code.ts";
import { forgotPassword } from "./routes/forgot_password.ts";
import { healthz, readyz } from "./routes/health.ts";
import { home } from "./routes/home.ts";
import { joinTenant } from "./routes/join_tenant.ts";
import { jwks } from "./routes/jwks.ts";
import { logIn } from "./routes/log_in.ts";
import { logOut } from "./routes/log_out.ts";
import { metricsPage } from "./routes/metrics.ts";
import { confirmTotp } from "./routes/mfa/confirm_totp.ts";
import { enrolTotp } from "./routes/mfa/enrol_totp.ts";
import { removeTotp } from "./routes/mfa/remove_totp.ts";
import { verifyMfa } from "./routes/mfa/verify.ts";
import { beginOAuth, finishOAuth, listProviders } from "./routes/oauth.ts";
import { openApiDocument } from "./routes/openapi.ts";
import { logInWithPasskey } from "./routes/passkey/login.ts";
import { logInWithPasskeyOptions } from "./routes/passkey/login_options.ts";
import { registerPasskey } from "./routes/passkey/register.ts";
import { registerPasskeyOptions } from "./routes/passkey/register_options.ts";
import { verifyMfaPasskey } from "./routes/passkey/second_factor.ts";
import { mfaPasskeyOptions } from "./routes/passkey/second_factor_options.ts";
import { stepUpWithPasskey } from "./routes/passkey/step_up.ts";
import { stepUpWithPasskeyOptions } from "./routes/passkey/step_up_options.ts";
import { reference } from "./routes/reference.ts";
import { refresh } from "./routes/refresh.ts";
import { register } from "./routes/register.ts";
import { requestLink } from "./routes/request_link.ts";
import { resetPassword } from "./routes/reset_password.ts";
import { describeSession } from "./routes/session.ts";
import { stepUp } from "./routes/step_up.ts";
import { switchTenant } from "./routes/switch_tenant.ts";
import { verifyEmail } from "./routes/verify_email.ts";
import { mailbox, mailboxHtml, mailboxPage, showsMails } from "./routes/written_mails.ts";
import { answers, answerTheRest } from "./routing.ts";
import { securityHeaders } from "./security_headers.ts";
import { traceRequests } from "./trace_requests.ts";

/** What the routes work with. */
export interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What `/readyz` asks with. */
  readonly probe: pg.Pool;
  readonly catalogue: ErrorCatalogue;
  readonly identity: Identity;
  readonly proofs: MailProofs;
  readonly account: OwnAccount;
  readonly joining: JoiningCompanies;
  readonly rules: PasswordRules;
  readonly factors: SecondFactors;
  readonly passkeys: Passkeys;
  readonly authority: TokenAuthority;
  readonly masterKeys: MasterKeys;
  readonly usage: ApiKeyUsage;
  readonly mailer: Mailer;
  /** Who else signs people in, by id. */
  readonly providers: ReadonlyMap<string, Provider>;
  readonly browsers: BrowserSessions;
  readonly limits: RateLimits;
  readonly possession: Possession;
  readonly onRefusal: OnRefusal;
  readonly graphql: Middleware<RequestState>;
  /** Whether this process is about to close and wants no new requests. */
  readonly leaving: () => boolean;
}

/** The story of a request. */
export function createApp(parts: Parts): Koa<RequestState> {
  const { config, log } = parts;
  const app = new Koa<RequestState>({
    proxy: config.trustedProxies > 0,
    maxIpsCount: config.trustedProxies,
  });
  // What breaks after the answer began, or below the first line of the story.
  app.on("error", (error, ctx?: Context) => {
    // A client that went away meanwhile is no failure of ours; its request's line says so.
    const level = ctx?.req.socket.destroyed ? "debug" : "error";
    log[level]({ err: describeError(error) }, "an answer could not be sent");
  });

  app.use(mendTarget());
  app.use(nameRequest());
  if (config.tracing) app.use(traceRequests());
  app.use(logRequests(log, parts.metrics));
  app.use(securityHeaders(config));
  app.use(allowOrigins(config.corsOrigins));
  app.use(challengeInKind());
  app.use(reportErrors(parts.catalogue, parts.onRefusal));
  app.use(refuseMendedTarget());
  app.use(answerTheRest());
  app.use(forEverybody(parts).routes());
  if (showsMails(config)) app.use(writtenMails(config).routes());
  app.use(parts.limits.perAddress);
  app.use(authenticate(parts));
  app.use(parts.limits.perCredential);
  app.use(noteUses(parts.identity, log));
  app.use(signingIn(parts).routes());
  app.use(withPasskeys(parts).routes());
  app.use(joiningCompanies(parts).routes());
  app.use(signingInElsewhere(parts, app).routes());
  app.use(parts.graphql);
  return app;
}

/** One spelling of each path: `/AUTH/login` would be counted as something else than signing in. */
const EXACT = { sensitive: true };

/** What asks for no credential and is never counted: the few pages, health, metrics, public keys. */
function forEverybody({ probe, log, metrics, config, authority, leaving }: Parts): Router<RequestState> {
  const router = new Router<RequestState>(EXACT);
  if (config.environment === "development") router.get("/docs", reference());
  return router
    .get("/", home(config))
    .get("/style.css", styleSheet())
    .get("/icon.svg", icon())
    .get("/errors", errorIndex())
    .get("/errors/:code", errorPage())
    .get("/openapi.json", answers("application/json"), openApiDocument())
    .get("/healthz", answers("application/json"), healthz())
    .get("/readyz", answers("application/json"), readyz(probe, log, leaving))
    .get("/metrics", answers("text/plain"), metricsPage(metrics, config.metricsToken))
    .get("/.well-known/jwks.json", answers("application/json"), jwks(authority.keys));
}

/** What would have been mailed, in development. */
function writtenMails(config: Config): Router<RequestState> {
  const folder = mailFolder(config.stateDir);
  return new Router<RequestState>(EXACT)
    .get("/dev/mail", mailbox(folder))
    .get("/dev/mail/:file", mailboxPage(folder))
    .get("/dev/mail/:file/html", mailboxHtml(folder));
}

function signingIn(parts: Parts): Router<RequestState> {
  const { identity, proofs, account, rules, factors, authority, masterKeys, metrics, mailer, config } = parts;
  const mfa = { factors, authority, masterKeys, metrics, issuer: new URL(config.publicUrl).hostname };
  const origins = [...ownOrigins(config.publicUrl), ...config.corsOrigins];
  const json = answers("application/json");
  return new Router<RequestState>(EXACT)
    .get("/auth/mail_page.js", mailPageScript())
    .post("/auth/register", json, register(proofs, mailer, masterKeys, config.registration))
    .get(
      "/auth/email/verify",
      mailPage({ purpose: "register", action: "/auth/email/verify", password: true }),
    )
    .post("/auth/email/verify", json, verifyEmail(proofs, rules, masterKeys, config.registration))
    .post("/auth/password/change", json, changePassword(account, rules, mailer))
    .post("/auth/password/forgot", json, forgotPassword(proofs, mailer, masterKeys))
    .get(
      "/auth/password/reset",
      mailPage({ purpose: "reset_password", action: "/auth/password/reset", password: true }),
    )
    .post("/auth/password/reset", json, resetPassword(proofs, rules, mailer, masterKeys))
    .post("/auth/link/request", json, requestLink(proofs, mailer, masterKeys))
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

/** Keys of authenticators: adding one, signing in with it alone or after a password, and proving anew who one is. */
function withPasskeys(parts: Parts): Router<RequestState> {
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

/** Becoming a member: by an invitation, or by the domain of one's address. */
function joiningCompanies({ joining, proofs, rules }: Parts): Router<RequestState> {
  const json = answers("application/json");
  return new Router<RequestState>(EXACT)
    .get(
      "/auth/invitation/accept",
      mailPage({ purpose: "invitation", action: "/auth/invitation/accept", password: true, name: true }),
    )
    .post("/auth/invitation/accept", json, acceptInvitation(joining, proofs, rules))
    .post("/auth/tenants/join", json, joinTenant(joining));
}

/** What begins at a provider, whom only the browser's session remembers. */
function signingInElsewhere(parts: Parts, app: Koa<RequestState>): Router<RequestState> {
  const { identity, authority, masterKeys, metrics, providers, config } = parts;
  const origins = [...ownOrigins(config.publicUrl), ...config.corsOrigins];
  const elsewhere = {
    providers,
    identity,
    metrics,
    publicUrl: config.publicUrl,
    admits: config.registration,
    origins,
  };
  const browser = parts.browsers.middleware(app);
  const json = answers("application/json");
  return new Router<RequestState>(EXACT)
    .get("/auth/oauth", json, listProviders(elsewhere))
    .post("/auth/oauth/exchange", json, exchangeCode(elsewhere, authority, masterKeys))
    .post("/auth/oauth/link", json, linkIdentity(elsewhere))
    .get("/auth/oauth/:provider", browser, beginOAuth(elsewhere))
    .get("/auth/oauth/:provider/callback", browser, finishOAuth(elsewhere));
}
