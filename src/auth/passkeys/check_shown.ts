import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import { readClientData } from "./client_data.ts";
import type { AnswerShown, PasskeyAsked } from "./passkeys.ts";
import type { RelyingParty } from "./relying_party.ts";
import { handleOf } from "./user_handle.ts";

/**
 * Checks what an authenticator answered when it was shown a challenge (WebAuthn section 7.2). Whether the challenge is good,
 * and whether the counter grew, the database says.
 *
 * @param named whether the answer must say whose passkey it is, because nobody said before
 * @throws {Error} why it does not hold
 */
export async function checkShown(
  { id, origins }: RelyingParty,
  answer: AuthenticationResponseJSON,
  { person, publicKey }: Pick<PasskeyAsked, "person" | "publicKey">,
  named: boolean,
): Promise<AnswerShown> {
  const { challenge, crossOrigin } = readClientData(answer.response.clientDataJSON);
  if (crossOrigin) throw new Error("the page stands within one of another origin");
  if (person === null || publicKey === null) throw new Error("nobody knows this passkey");
  const { userHandle } = answer.response;
  if ((named || userHandle) && !handleOf(person).equals(Buffer.from(userHandle ?? "", "base64url"))) {
    throw new Error("the passkey names somebody else");
  }
  const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: answer,
    expectedChallenge: challenge,
    expectedOrigin: [...origins],
    expectedRPID: id,
    requireUserVerification: true,
    // With zero the library takes any counter. The database compares, with the row locked: of two at once one gets in.
    credential: { id: answer.id, publicKey: new Uint8Array(publicKey), counter: 0 },
  });
  if (!verified) throw new Error("the signature is wrong");
  return {
    verified: true,
    counter: authenticationInfo.newCounter,
    backup_eligible: authenticationInfo.credentialDeviceType === "multiDevice",
    backed_up: authenticationInfo.credentialBackedUp,
  };
}
