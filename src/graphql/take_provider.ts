import { randomUUID } from "node:crypto";
import type { MasterKeys } from "../auth/encryption.ts";
import { sealProviderKey } from "../chat/provider_key.ts";
import { AddressRefused, addressesOf, type Reach, raced } from "../egress/addresses.ts";
import { refusal } from "./refusal.ts";

/** A provider as a company names it. */
export interface GivenProvider {
  readonly baseUrl: string;
  readonly key: string | null | undefined;
}

/** What the database is sent of it: the key of its row, to which the envelope is bound, and the envelope; null: no new key. */
export interface TakenProvider {
  readonly id: string;
  readonly sealed: string | null;
}

/** Milliseconds in which a name is found. */
const PATIENCE = 5_000;

/**
 * Looks at a provider that a company names, for when it is stored: that it is at a public address of https, now. It is looked up
 * again each time that it is asked, so this keeps mistakes out and not attacks. Its key is encrypted.
 *
 * @throws {GraphQLError} INVALID_INPUT, MODEL_ADDRESS_REFUSED
 */
export async function takeProvider(
  { baseUrl, key }: GivenProvider,
  { keys, reach }: { keys: MasterKeys; reach: Omit<Reach, "internal"> },
): Promise<TakenProvider> {
  // A line break in a key would be another header of the request.
  if (key != null && !/^[\x21-\x7e]{1,1000}$/.test(key)) {
    throw refusal("INVALID_INPUT", "A provider's key has 1 to 1,000 characters of ASCII, without spaces.");
  }
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (url === null || url.username || url.password || url.search || url.hash) {
    throw refusal("INVALID_INPUT", "A provider's address is a URL without a user, a ? or a #.");
  }
  try {
    await raced(addressesOf(url, { ...reach, internal: false }), AbortSignal.timeout(PATIENCE));
  } catch (error) {
    // A name that is not found in time is told as one that does not exist.
    if (!(error instanceof AddressRefused || (error as Error).name === "TimeoutError")) throw error;
    throw refusal(
      "MODEL_ADDRESS_REFUSED",
      "A company's model is at a public address, at https and a port that is called.",
    );
  }
  return key == null ? { id: randomUUID(), sealed: null } : sealProviderKey(keys, key);
}
