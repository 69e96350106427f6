import Router from "@koa/router";
import type { Config } from "../../config.ts";
import { mailFolder } from "../../mail/transport.ts";
import { icon, styleSheet } from "../pages/page.ts";
import type { RequestState } from "../request_facts.ts";
import { auditKeys } from "../routes/audit_keys.ts";
import { errorIndex, errorPage } from "../routes/errors.ts";
import { healthz, readyz } from "../routes/health.ts";
import { home } from "../routes/home.ts";
import { jwks } from "../routes/jwks.ts";
import { metricsPage } from "../routes/metrics.ts";
import { openApiDocument } from "../routes/openapi.ts";
import { reference } from "../routes/reference.ts";
import { mailbox, mailboxHtml, mailboxPage } from "../routes/written_mails.ts";
import { answers } from "../routing.ts";
import { EXACT, type Parts } from "./parts.ts";

/** What asks for no credential and is never counted: the few pages, health, metrics, public keys. */
export function forEverybody({
  probe,
  log,
  metrics,
  config,
  authority,
  leaving,
}: Parts): Router<RequestState> {
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
    .get("/.well-known/jwks.json", answers("application/json"), jwks(authority.keys))
    .get("/.well-known/audit-keys.json", answers("application/json"), auditKeys(probe));
}

/** What would have been mailed, in development. */
export function writtenMails(config: Config): Router<RequestState> {
  const folder = mailFolder(config.stateDir);
  return new Router<RequestState>(EXACT)
    .get("/dev/mail", mailbox(folder))
    .get("/dev/mail/:file", mailboxPage(folder))
    .get("/dev/mail/:file/html", mailboxHtml(folder));
}
