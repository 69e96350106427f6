import http, { type ClientRequest } from "node:http";
import https from "node:https";
import { type Address, alreadyKnown } from "./addresses.ts";

export interface RequestOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly signal: AbortSignal;
  /** Certificates that are good beside the system's (PEM). */
  readonly ca?: string | undefined;
}

/**
 * A request that goes to these addresses and asks nobody where the name leads: one that leads elsewhere a moment later (DNS
 * rebinding) leads nowhere. Redirects are not followed, no proxy of the environment is used, and no connection is kept.
 */
export function requestAt(
  url: URL,
  there: readonly [Address, ...Address[]],
  { method, headers, signal, ca }: RequestOptions,
): ClientRequest {
  const { request } = url.protocol === "https:" ? https : http;
  return request(url, {
    method,
    headers: { ...headers, Connection: "close" },
    agent: false,
    signal,
    // Node asks this instead of the system, and not at all where the host is an address.
    lookup: alreadyKnown(there),
    ...(ca !== undefined && { ca }),
  });
}
