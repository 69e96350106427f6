import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

// A stand-in for siteverify of Cloudflare Turnstile and hCaptcha, which cannot run here: it reads the form that they document and
// answers in the shapes that they document. A token is good once, as theirs are.

/** What is asked of it. */
export interface Asked {
  readonly method: string | undefined;
  readonly contentType: string | undefined;
  readonly form: Readonly<Record<string, string>>;
}

export interface CaptchaProvider {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** A token as the widget of a page would give it. `says`: what differs from an answer that is right. */
  token(says?: Record<string, unknown>): string;
  /** How it answers instead: not at all, or with this. */
  behave(how: "well" | "never" | { status: number; body: string }): void;
  close(): Promise<void>;
}

/** The answers of both providers to a token that is good. */
const GOOD = {
  turnstile: (hostname: string) => ({
    success: true,
    challenge_ts: new Date().toISOString(),
    hostname,
    "error-codes": [],
    action: "",
    cdata: "",
  }),
  hcaptcha: (hostname: string) => ({
    success: true,
    challenge_ts: new Date().toISOString(),
    hostname,
    credit: false,
  }),
} as const;

/** What each says of a token that was used. */
const USED = { turnstile: "timeout-or-duplicate", hcaptcha: "already-seen-response" } as const;

export async function startCaptchaProvider(
  kind: "turnstile" | "hcaptcha",
  secret: string,
  hostname: string,
): Promise<CaptchaProvider> {
  const asked: Asked[] = [];
  const tokens = new Map<string, Record<string, unknown>>();
  const used = new Set<string>();
  let behaviour: Parameters<CaptchaProvider["behave"]>[0] = "well";

  const answer = (form: Record<string, string>): object => {
    const failed = (code: string) => ({ success: false, "error-codes": [code] });
    if (!form.secret) return failed("missing-input-secret");
    if (form.secret !== secret) return failed("invalid-input-secret");
    if (!form.response) return failed("missing-input-response");
    const says = tokens.get(form.response);
    if (!says) return failed("invalid-input-response");
    if (used.has(form.response)) return failed(USED[kind]);
    used.add(form.response);
    return { ...GOOD[kind](hostname), ...says };
  };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const form = Object.fromEntries(new URLSearchParams(body));
    asked.push({ method: request.method, contentType: request.headers["content-type"], form });
    if (behaviour === "never") return;
    const { status, body: text } =
      behaviour === "well" ? { status: 200, body: JSON.stringify(answer(form)) } : behaviour;
    response.writeHead(status, { "Content-Type": "application/json" }).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`,
    asked,
    token(says = {}) {
      const token = `${kind}.${crypto.randomUUID()}`;
      tokens.set(token, says);
      return token;
    },
    behave(how) {
      behaviour = how;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
