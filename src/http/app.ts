import Router from "@koa/router";
import Koa, { type Middleware } from "koa";
import type pg from "pg";
import type { TokenAuthority } from "../auth/access_token.ts";
import type { MasterKeys } from "../auth/encryption.ts";
import type { Identity } from "../auth/identity.ts";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import type { Mailer } from "../mail/mailer.ts";
import { authenticate } from "./authenticate.ts";
import { allowOrigins } from "./cors.ts";
import { describeError } from "./describe_error.ts";
import type { ErrorCatalogue } from "./error_catalogue.ts";
import { logRequests } from "./log_requests.ts";
import type { Metrics } from "./metrics.ts";
import type { RateLimits } from "./rate_limit.ts";
import { type OnRefusal, reportErrors } from "./report_errors.ts";
import { nameRequest, type RequestState } from "./request_facts.ts";
import { mendTarget, refuseMendedTarget } from "./request_target.ts";
import { healthz, readyz } from "./routes/health.ts";
import { jwks } from "./routes/jwks.ts";
import { logIn } from "./routes/log_in.ts";
import { logOut } from "./routes/log_out.ts";
import { metricsPage } from "./routes/metrics.ts";
import { refresh } from "./routes/refresh.ts";
import { register } from "./routes/register.ts";
import { verificationPage, verificationScript } from "./routes/verification_page.ts";
import { verifyEmail } from "./routes/verify_email.ts";
import { answers, answerTheRest } from "./routing.ts";
import { securityHeaders } from "./security_headers.ts";

/** What the routes work with. */
export interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Connected as rowhouse_app. */
  readonly app: pg.Pool;
  readonly catalogue: ErrorCatalogue;
  readonly identity: Identity;
  readonly authority: TokenAuthority;
  readonly masterKeys: MasterKeys;
  readonly mailer: Mailer;
  readonly limits: RateLimits;
  readonly onRefusal: OnRefusal;
  readonly graphql: Middleware<RequestState>;
}

/** The story of a request. */
export function createApp(parts: Parts): Koa<RequestState> {
  const { config, log } = parts;
  const app = new Koa<RequestState>({
    proxy: config.trustedProxies > 0,
    maxIpsCount: config.trustedProxies,
  });
  // What breaks after the answer began, or below the first line of the story.
  app.on("error", (error) => log.error({ err: describeError(error) }, "an answer could not be sent"));

  app.use(mendTarget());
  app.use(nameRequest());
  app.use(logRequests(log, parts.metrics));
  app.use(securityHeaders(config));
  app.use(allowOrigins(config.corsOrigins));
  app.use(reportErrors(parts.catalogue, parts.onRefusal));
  app.use(refuseMendedTarget());
  app.use(answerTheRest());
  app.use(forEverybody(parts).routes());
  app.use(parts.limits.perAddress);
  app.use(authenticate(parts.authority));
  app.use(parts.limits.perCredential);
  app.use(signingIn(parts).routes());
  app.use(parts.graphql);
  return app;
}

/** One spelling of each path: `/AUTH/login` would be counted as something else than signing in. */
const EXACT = { sensitive: true };

/** What asks for no credential and is never counted: health, metrics, public keys. */
function forEverybody({ app, metrics, config, authority }: Parts): Router<RequestState> {
  return new Router<RequestState>(EXACT)
    .get("/healthz", answers("application/json"), healthz())
    .get("/readyz", answers("application/json"), readyz(app))
    .get("/metrics", answers("text/plain"), metricsPage(metrics, config.metricsToken))
    .get("/.well-known/jwks.json", answers("application/json"), jwks(authority.keys));
}

function signingIn(parts: Parts): Router<RequestState> {
  const { identity, authority, masterKeys, metrics, mailer, config } = parts;
  const origins = [config.publicUrl, ...config.corsOrigins];
  const json = answers("application/json");
  return new Router<RequestState>(EXACT)
    .post("/auth/register", json, register(identity, mailer, config.publicUrl))
    .get("/auth/email/verify", verificationPage())
    .get("/auth/email/verify.js", verificationScript())
    .post("/auth/email/verify", json, verifyEmail(identity))
    .post("/auth/login", json, logIn(identity, authority, masterKeys, metrics))
    .post("/auth/refresh", json, refresh(identity, authority, masterKeys, metrics, origins))
    .post("/auth/logout", json, logOut(identity));
}
