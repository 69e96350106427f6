import { createHash } from "node:crypto";
import OpenAI from "openai";
import type { Resolve } from "../../egress/addresses.ts";
import { openFetch } from "../../egress/fetch.ts";

/** Where a model is asked: any API in the shape of OpenAI's. */
export interface Endpoint {
  /** With its path, e.g. `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Null where none is wanted. */
  readonly apiKey: string | null;
  /** Whose it is. Only the installation's own may be inside of its network, and only if the operator says so. */
  readonly owner: "installation" | "tenant";
}

/** Where providers may be. */
export interface ProviderReach {
  /** Whether the installation's own provider may be at an internal address, on any port and without TLS. */
  readonly internal: boolean;
  readonly ports: readonly number[];
  readonly resolve?: Resolve;
  /** Certificates that are good beside the system's (PEM). */
  readonly ca?: string;
}

/** What an endpoint is known by, within this process: who has another key shares nothing with it. */
export function nameOf({ baseUrl, apiKey, owner }: Endpoint): string {
  return createHash("sha256")
    .update(JSON.stringify([baseUrl, apiKey, owner]))
    .digest("base64url");
}

/** A client that goes nowhere else, tries nothing twice and writes nothing to the console: all of that is ours. */
export function clientOf(
  { baseUrl, apiKey, owner }: Endpoint,
  reach: ProviderReach,
  mostBytes: number,
): OpenAI {
  const go = openFetch({ ...reach, internal: reach.internal && owner === "installation", mostBytes });
  return new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? "none",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    // Node's longest timer; the clocks are ours.
    timeout: 2_147_483_647,
    logLevel: "off",
    fetch: (input, init) => go(input, { ...init, headers: headersOf(apiKey) }),
  });
}

/**
 * All that a provider learns beside the question. The package adds what the environment says (OPENAI_CUSTOM_HEADERS, keys of the
 * operator's own), and what machine this is: nothing for whomever a tenant names.
 */
function headersOf(apiKey: string | null): Record<string, string> {
  return {
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    "User-Agent": "Rowhouse-Chat/1",
    ...(apiKey !== null && { Authorization: `Bearer ${apiKey}` }),
  };
}
