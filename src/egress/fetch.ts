import type { IncomingMessage } from "node:http";
import { addressesOf, type Reach, raced } from "./addresses.ts";
import { requestAt } from "./request.ts";

export interface EgressFetchOptions extends Reach {
  /** Bytes of an answer, beyond which it is cut. */
  readonly mostBytes: number;
  /** Certificates that are good beside the system's (PEM). */
  readonly ca?: string;
}

/** An answer that leads elsewhere. Where to, nobody is told. */
export class RedirectRefused extends Error {
  readonly code = "REDIRECT_REFUSED";
  constructor() {
    super("The answer leads to another address, which is not followed.");
    this.name = "RedirectRefused";
  }
}

/** An answer that has more bytes than it may have. */
export class TooManyBytes extends Error {
  readonly code = "TOO_MANY_BYTES";
  constructor() {
    super("The answer has more bytes than it may have.");
    this.name = "TooManyBytes";
  }
}

/**
 * `fetch` for addresses that others name, as the `openai` package takes one (OWASP, "Server-Side Request Forgery"). The name
 * is looked up once, and each of its addresses has to be one that may be called. Redirects are refused, and what comes is
 * bounded.
 * Node's own `fetch` can be told none of this without the whole of undici beside it.
 *
 * @throws {AddressRefused | RedirectRefused} before, and `TooManyBytes` while the body is read
 */
export function openFetch(options: EgressFetchOptions): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const signal = init.signal ?? new AbortController().signal;
    const there = await raced(addressesOf(url, options), signal);
    const body = typeof init.body === "string" ? init.body : "";
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const asking = requestAt(url, there, {
      method: init.method ?? "GET",
      headers: {
        ...Object.fromEntries(new Headers(init.headers)),
        // What is not squeezed cannot burst, and a stream's words come as they are said.
        "accept-encoding": "identity",
        "content-length": Buffer.byteLength(body),
      },
      signal,
      ca: options.ca,
    });
    asking.on("response", resolve);
    asking.on("error", reject);
    asking.end(body);

    const incoming = await promise;
    const status = incoming.statusCode ?? 0;
    if (status < 200 || (status >= 300 && status < 400)) {
      asking.destroy();
      throw new RedirectRefused();
    }
    return new Response(
      hasNoBody(status) ? null : ReadableStream.from(bounded(incoming, options.mostBytes)),
      {
        status,
        headers: headersOf(incoming),
      },
    );
  };
}

const hasNoBody = (status: number): boolean => status === 204 || status === 205;

async function* bounded(incoming: IncomingMessage, mostBytes: number): AsyncGenerator<Uint8Array> {
  let read = 0;
  try {
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      read += piece.length;
      if (read > mostBytes) throw new TooManyBytes();
      yield new Uint8Array(piece);
    }
  } finally {
    // Whoever stops reading stops the sender.
    incoming.destroy();
  }
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
  return headers;
}
