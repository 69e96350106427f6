import { lookup as systemLookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { isPublicAddress } from "./public_address.ts";

/** Where a name leads. */
export interface Address {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly Address[]>;

/** Which addresses may be called. */
export interface Reach {
  /** Whether addresses inside of a network are called, and any port, and without TLS. */
  readonly internal: boolean;
  /** Ports that are called otherwise. */
  readonly ports: readonly number[];
  readonly resolve?: Resolve;
}

/** An address that is not called. It does not say which, nor whether the name exists. */
export class AddressRefused extends Error {
  readonly code = "ADDRESS_REFUSED";
  constructor() {
    super("The address is not one that may be called.");
    this.name = "AddressRefused";
  }
}

const resolveBySystem: Resolve = (name) => systemLookup(name, { all: true });

/**
 * The addresses of a URL's host, each of which may be called. Decimal, octal and hexadecimal ones are dotted to `URL`
 * already.
 *
 * @throws {AddressRefused}
 */
export async function addressesOf(url: URL, reach: Reach): Promise<readonly [Address, ...Address[]]> {
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  if (!reach.internal && (url.protocol !== "https:" || !reach.ports.includes(port)))
    throw new AddressRefused();
  return addressesOfHost(url.hostname.replace(/^\[(.*)\]$/, "$1"), reach);
}

/** @throws {AddressRefused} as {@link addressesOf}, of a host whose port was looked at */
export async function addressesOfHost(
  host: string,
  { internal, resolve = resolveBySystem }: Pick<Reach, "internal" | "resolve">,
): Promise<readonly [Address, ...Address[]]> {
  const found =
    isIP(host) === 0 ? await resolve(host).catch(() => []) : [{ address: host, family: isIP(host) }];
  const [first, ...others] = found;
  // One internal address among public ones is somebody's try, not a mistake. That a name does not exist is told
  // the same, so that nobody learns the names of our own network.
  if (!first || !(internal || found.every(({ address }) => isPublicAddress(address))))
    throw new AddressRefused();
  return [first, ...others];
}

/** What Node is given to ask instead of the system: it has the answer already, and asks nobody again. */
export function alreadyKnown(there: readonly [Address, ...Address[]]): LookupFunction {
  return (_name, { all }, answer) => {
    if (all) answer(null, [...there]);
    else answer(null, there[0].address, there[0].family);
  };
}

/** A promise that is given up when the signal says so: a look-up cannot be told to stop. */
export function raced<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: given, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  return Promise.race([promise, given]).finally(() => signal.removeEventListener("abort", giveUp));
}
