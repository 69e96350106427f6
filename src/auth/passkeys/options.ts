import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/server";
import type { KnownPasskey } from "./passkeys.ts";
import { PATIENCE, type RelyingParty } from "./relying_party.ts";
import { handleOf } from "./user_handle.ts";

/** EdDSA, ES256 and RS256, by their numbers in COSE, the one that is wanted most first. */
export const ALGORITHMS = [-8, -7, -257];

/**
 * What a page gives to `navigator.credentials.create()`: a passkey that names its owner and whose authenticator verifies them,
 * so that it signs in alone. Nobody asks which make of authenticator it is.
 */
export function creationOptions(
  { id, name }: RelyingParty,
  challenge: Buffer,
  person: { readonly id: string; readonly email: string; readonly name: string },
  known: readonly KnownPasskey[],
): PublicKeyCredentialCreationOptionsJSON {
  return {
    rp: { id, name },
    user: { id: handleOf(person.id).toString("base64url"), name: person.email, displayName: person.name },
    challenge: challenge.toString("base64url"),
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
    timeout: PATIENCE,
    attestation: "none",
    // Said twice, the old way and the new.
    authenticatorSelection: {
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    },
    excludeCredentials: known.map(descriptor),
  };
}

/** What a page gives to `navigator.credentials.get()`. @param known whose passkeys are meant; empty: the passkey says who it is */
export function requestOptions(
  { id }: RelyingParty,
  challenge: Buffer,
  known: readonly KnownPasskey[],
): PublicKeyCredentialRequestOptionsJSON {
  return {
    rpId: id,
    challenge: challenge.toString("base64url"),
    timeout: PATIENCE,
    userVerification: "required",
    allowCredentials: known.map(descriptor),
  };
}

const descriptor = ({ id, transports }: KnownPasskey) => ({ type: "public-key" as const, id, transports });
