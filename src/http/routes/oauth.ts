import { randomBytes } from "node:crypto";
import type { Context, Middleware } from "koa";
import * as v from "valibot";
import type { Identity } from "../../auth/identity.ts";
import {
  type Attempt,
  type ProvenIdentity,
  type Provider,
  ProviderRefused,
  ProviderUnavailable,
} from "../../auth/oauth/provider.ts";
import { digest } from "../../auth/session_secrets.ts";
import type { Config } from "../../config.ts";
import type { Metrics } from "../../metrics.ts";
import { operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { invalidInput, Problem, refusalOf } from "../problem.ts";
import type { RequestState } from "../request_facts.ts";

/** What a browser takes along to a provider, by its `state`: several tabs may be on their way. */
interface UnderWay extends Attempt {
  readonly provider: string;
  readonly returnTo: string;
  /** What the page's verifier has to fit when it brings the code (RFC 7636). */
  readonly challenge: string;
}

type Browser = Context & { session: { underWay?: Record<string, UnderWay> } | null };

/** Most tabs of one browser that are on their way; the one that left first is forgotten. */
const TABS = 5;

const challenge = field.text(
  43,
  43,
  /^[A-Za-z0-9_-]{43}$/,
  "must be the S256 challenge of a verifier (RFC 7636)",
);

export interface SigningInElsewhere {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly identity: Identity;
  readonly metrics: Metrics;
  readonly publicUrl: string;
  /** Who gets an account that has none. */
  readonly admits: Config["registration"];
  /** The origins that a browser may be sent back to. */
  readonly origins: readonly string[];
}

export const providersOperation = operation({
  method: "get",
  path: "/auth/oauth",
  area: "Signing in",
  summary: "Who else signs people in here",
  answers: {
    200: {
      says: "The providers that are switched on, for buttons.",
      body: v.strictObject({ providers: v.array(v.strictObject({ id: v.string(), name: v.string() })) }),
    },
  },
  refusals: ["not_acceptable", "too_many_requests"],
});

/** `GET /auth/oauth` → `{providers: [{id, name}]}`. */
export function listProviders({ providers }: SigningInElsewhere): Middleware<RequestState> {
  return (ctx) => {
    ctx.body = { providers: [...providers.values()].map(({ id, name }) => ({ id, name })) };
  };
}

export const beginOAuthOperation = operation({
  method: "get",
  path: "/auth/oauth/:provider",
  area: "Signing in",
  summary: "Go to a provider and sign in there",
  description:
    "For a browser to follow. It comes back to `return_to` with `code`, which `POST /auth/oauth/exchange` and `POST /auth/oauth/link` take, or with `error`: access_denied, oauth_failed or provider_unavailable. `code_challenge` is the S256 challenge of a verifier that stays in the page (RFC 7636).",
  parameters: [
    { in: "path", name: "provider", says: "Its id, as in `GET /auth/oauth`." },
    {
      in: "query",
      name: "return_to",
      says: "Where to come back to: an address of an allowed origin.",
      required: true,
    },
    { in: "query", name: "code_challenge", says: "base64url of sha256 of the verifier.", required: true },
  ],
  answers: {
    302: { says: "To the provider.", headers: { Location: "The provider's address." }, type: "text/html" },
  },
  refusals: ["invalid_input", "not_found", "provider_unavailable", "too_many_requests"],
});

/**
 * `GET /auth/oauth/:provider?return_to=&code_challenge=` → 302 to the provider. What has to come back unchanged stays
 * in the browser's session.
 *
 * Refuses with 404 not_found for no provider of ours, 400 invalid_input, 503 provider_unavailable.
 */
export function beginOAuth(parts: SigningInElsewhere): Middleware<RequestState> {
  return async (ctx) => {
    const provider = providerOf(parts, ctx);
    const { return_to, code_challenge } = field.readFields(
      { ...ctx.query },
      { return_to: field.text(1, 2_000), code_challenge: challenge },
    );
    const returnTo = allowedReturn(return_to, parts.origins);
    const underWay: UnderWay = {
      provider: provider.id,
      state: randomBytes(32).toString("base64url"),
      nonce: randomBytes(32).toString("base64url"),
      verifier: randomBytes(32).toString("base64url"),
      returnTo: returnTo.href,
      challenge: code_challenge,
    };
    const address = await provider.authorize(underWay, callbackOf(parts, provider)).catch((error) => {
      if (!(error instanceof ProviderUnavailable)) throw error;
      throw refusalOf("provider_unavailable", error);
    });
    const browser = ctx as unknown as Browser;
    const others = Object.entries(browser.session?.underWay ?? {}).slice(1 - TABS);
    browser.session = { underWay: Object.fromEntries([...others, [underWay.state, underWay]]) };
    ctx.set("Cache-Control", "no-store");
    ctx.redirect(address.href);
  };
}

export const finishOAuthOperation = operation({
  method: "get",
  path: "/auth/oauth/:provider/callback",
  area: "Signing in",
  summary: "Come back from a provider",
  description:
    "Where the provider sends the browser. From here it goes to `return_to`, with `code` or with `error`.",
  parameters: [
    { in: "path", name: "provider", says: "Its id." },
    { in: "query", name: "state", says: "As we sent it along." },
    { in: "query", name: "code", says: "The provider's code." },
    { in: "query", name: "iss", says: "Who answers (RFC 9207)." },
    { in: "query", name: "error", says: "Why not." },
  ],
  answers: {
    302: {
      says: "To `return_to`.",
      headers: { Location: "`return_to`, with what came of it." },
      type: "text/html",
    },
  },
  refusals: [
    "database_unavailable",
    "not_found",
    "oauth_state_invalid",
    "retry",
    "timeout",
    "too_many_requests",
  ],
});

/**
 * `GET /auth/oauth/:provider/callback` → 302 to `return_to`. Each way there is good for one way back.
 *
 * Refuses with 404 not_found and 400 oauth_state_invalid, where it is not known whom this browser was sent to, and so not
 * where it wants to go; everything else goes to `return_to` as `error`.
 */
export function finishOAuth(parts: SigningInElsewhere): Middleware<RequestState> {
  return async (ctx) => {
    const provider = providerOf(parts, ctx);
    const underWay = takeUnderWay(ctx as unknown as Browser, provider);
    const back = new URL(underWay.returnTo);
    const code = randomBytes(32).toString("base64url");
    const outcome = await outcomeOf(parts, provider, underWay, code, ctx);
    ctx.state.outcome = outcome;
    parts.metrics.signIns.inc({ kind: "oauth", outcome });
    if (outcome === "ok") back.searchParams.set("code", code);
    else back.searchParams.set("error", outcome);
    ctx.set("Cache-Control", "no-store");
    ctx.redirect(back.href);
  };
}

async function outcomeOf(
  { identity, publicUrl }: SigningInElsewhere,
  provider: Provider,
  underWay: UnderWay,
  code: string,
  ctx: Context,
): Promise<string> {
  try {
    // The address as the provider knows it: Host is the client's word.
    const proven = storable(await provider.identify(underWay, new URL(ctx.originalUrl, publicUrl)));
    await identity.keepCode({
      ...proven,
      provider: provider.id,
      code: digest(code),
      challenge: underWay.challenge,
    });
    return "ok";
  } catch (error) {
    if (error instanceof ProviderUnavailable) {
      ctx.state.failure = error;
      return "provider_unavailable";
    }
    if (error instanceof ProviderRefused) {
      // The browser is told no more than that it failed; why is for the log.
      ctx.state.failure = error;
      await identity.noteOAuthFailure(ctx.state.facts);
      return error.reason === "access_denied" ? "access_denied" : "oauth_failed";
    }
    throw error;
  }
}

/**
 * What of a provider's word our columns can hold: an address or a name that is none here is as good as not told.
 *
 * @throws {ProviderRefused} for a subject or an issuer that cannot be kept
 */
function storable({ issuer, subject, email, name }: ProvenIdentity): ProvenIdentity {
  if (!v.is(field.text(1, 500), issuer) || !v.is(field.text(1, 255), subject)) {
    throw new ProviderRefused("subject_unusable");
  }
  const address = v.safeParse(field.email, email);
  return {
    issuer,
    subject,
    email: address.success ? address.output : null,
    name: v.is(field.name, name) ? name : null,
  };
}

function providerOf({ providers }: SigningInElsewhere, ctx: Context): Provider {
  const provider = providers.get(String(ctx.params.provider));
  if (!provider) throw new Problem(404, "not_found", "No provider is called so here.");
  return provider;
}

/** Where the provider sends the browser: one address for each, so that none can answer for another (RFC 9700 section 4.4). */
const callbackOf = ({ publicUrl }: SigningInElsewhere, { id }: Provider): string =>
  `${publicUrl}/auth/oauth/${id}/callback`;

/** An absolute address of an allowed origin: what browsers read in more than one way is none. */
function allowedReturn(address: string, origins: readonly string[]): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  const plain = !/[\\\s]/.test(address) && url?.username === "" && url.password === "";
  if (!url || !plain || !origins.includes(url.origin)) {
    throw invalidInput("return_to must be an address of an allowed origin.", "return_to");
  }
  return url;
}

/** What this browser was sent to this provider with; it is forgotten with that. */
function takeUnderWay(ctx: Browser, provider: Provider): UnderWay {
  const state = typeof ctx.query.state === "string" ? ctx.query.state : "";
  const all = ctx.session?.underWay ?? {};
  const underWay = Object.hasOwn(all, state) ? all[state] : undefined;
  if (!underWay || underWay.provider !== provider.id) throw refusalOf("oauth_state_invalid");
  const { [state]: _, ...others } = all;
  ctx.session = Object.keys(others).length > 0 ? { underWay: others } : null;
  return underWay;
}
