import { AddressRefused, addressesOf, type Reach, raced } from "../egress/addresses.ts";
import { requestAt } from "../egress/request.ts";

/** Why nothing was delivered (app.webhook_deliveries.failure). */
export type WebhookFailure = "status" | "redirect" | "timeout" | "connection" | "tls" | "address";

/** What came of one attempt; without a failure it was delivered. */
export interface Outcome {
  readonly status: number | null;
  readonly failure: WebhookFailure | null;
}

export interface Egress {
  /** Sends one request, and never rejects. */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Outcome>;
}

export interface EgressOptions extends Reach {
  /** Milliseconds that an attempt may take, from looking the name up to the answer. */
  readonly patience?: number;
  /** Certificates that are good beside the system's (PEM). */
  readonly ca?: string;
}

/** Milliseconds that Standard Webhooks gives a receiver at least. */
const PATIENCE = 15_000;
/** Bytes of an answer that are read, and thrown away, before the connection is cut. */
const MOST_READ = 16_384;

/**
 * The way out to addresses that tenants name (OWASP, "Server-Side Request Forgery"). The name is looked up once, every
 * address that comes back has to be public, and the connection goes to one of those and asks nobody again: a name that leads
 * elsewhere a moment later (DNS rebinding) leads nowhere. Redirects are not followed, no proxy of the environment is used, no
 * connection is kept, and of the answer the status counts.
 */
export function openEgress(options: EgressOptions): Egress {
  const { patience = PATIENCE, ca } = options;

  async function send(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<number> {
    const [there] = await raced(addressesOf(url, options), signal);
    const { promise, resolve: done, reject } = Promise.withResolvers<number>();
    const asking = requestAt(url, [there], {
      method: "POST",
      headers: { ...headers, "Content-Length": Buffer.byteLength(body) },
      signal,
      ca,
    });
    asking.on("response", (response) => {
      const status = response.statusCode ?? 0;
      let read = 0;
      response.on("data", (chunk: Buffer) => {
        read += chunk.length;
        if (read > MOST_READ) asking.destroy();
      });
      // What goes wrong after the status changes nothing.
      response.on("error", () => {});
      response.on("close", () => done(status));
    });
    asking.on("error", reject);
    asking.end(body);
    return promise;
  }

  return {
    async post(url, headers, body) {
      const signal = AbortSignal.timeout(patience);
      try {
        const status = await send(new URL(url), headers, body, signal);
        return { status, failure: failureOf(status) };
      } catch (error) {
        return { status: null, failure: signal.aborted ? "timeout" : reasonOf(error) };
      }
    },
  };
}

function failureOf(status: number): WebhookFailure | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? "redirect" : "status";
}

/** What went wrong on the way. */
export function reasonOf(error: unknown): WebhookFailure {
  if (error instanceof AddressRefused) return "address";
  const { code = "" } = error as { code?: string };
  return /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO|HOSTNAME_)/.test(code)
    ? "tls"
    : "connection";
}
