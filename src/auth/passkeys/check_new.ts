import type { RegistrationResponseJSON } from "@simplewebauthn/server";
import { readClientData } from "./client_data.ts";
import { ALGORITHMS } from "./options.ts";
import type { NewPasskey } from "./passkeys.ts";
import type { RelyingParty } from "./relying_party.ts";

/** Bytes of a public key: a key of RSA with 8,192 bits has 1,040. */
const LONGEST_KEY = 2_000;

/**
 * Checks what an authenticator answered when it made a passkey (WebAuthn section 7.1), all but whether the challenge is good,
 * which the database says.
 *
 * @throws {Error} why it does not hold
 */
export async function checkNew(
  { id, origins }: RelyingParty,
  answer: RegistrationResponseJSON,
): Promise<NewPasskey> {
  const { challenge, crossOrigin } = readClientData(answer.response.clientDataJSON);
  if (crossOrigin) throw new Error("the page stands within one of another origin");
  // Loaded when it is first needed: what it brings for certificates would make every start slower.
  const { verifyRegistrationResponse } = await import("@simplewebauthn/server");
  await refuseVouched(answer.response.attestationObject);
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: answer,
    expectedChallenge: challenge,
    expectedOrigin: [...origins],
    expectedRPID: id,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  });
  if (!verified) throw new Error("the signature of the new passkey is wrong");
  const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo;
  if (credential.id !== answer.id) throw new Error("the answer names another credential than it has");
  if (credential.publicKey.length > LONGEST_KEY)
    throw new Error("the public key is longer than any that is of use");
  return {
    credential: Buffer.from(credential.id, "base64url"),
    publicKey: Buffer.from(credential.publicKey),
    counter: credential.counter,
    transports: [...new Set(answer.response.transports)],
    aaguid,
    backupEligible: credentialDeviceType === "multiDevice",
    backedUp: credentialBackedUp,
  };
}

/**
 * Nobody was asked to vouch for the authenticator. A statement that does so all the same is not read: its certificates would
 * have us fetch lists from addresses that the client chose. What a key says of itself ("self attestation") has none.
 */
async function refuseVouched(attestationObject: string): Promise<void> {
  const { decodeAttestationObject } = await import("@simplewebauthn/server/helpers");
  const object = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, "base64url")));
  const format = object.get("fmt");
  if (format === "none") return;
  if (format === "packed" && object.get("attStmt").get("x5c") === undefined) return;
  throw new Error("somebody vouches for the authenticator, which nobody asked for");
}
