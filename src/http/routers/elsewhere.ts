import Router from "@koa/router";
import type Koa from "koa";
import { ownOrigins } from "../cors.ts";
import type { RequestState } from "../request_facts.ts";
import { exchangeCode, linkIdentity } from "../routes/exchange_code.ts";
import { beginOAuth, finishOAuth, listProviders } from "../routes/oauth.ts";
import { answers } from "../routing.ts";
import { EXACT, type Parts } from "./parts.ts";

/** What begins at a provider, whom only the browser's session remembers. */
export function signingInElsewhere(parts: Parts, app: Koa<RequestState>): Router<RequestState> {
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
