import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import { checkShown } from "../../../auth/passkeys/check_shown.ts";
import { readClientData } from "../../../auth/passkeys/client_data.ts";
import type { AnswerShown, Asking, Purpose } from "../../../auth/passkeys/passkeys.ts";
import type { Caller } from "../../../database/caller.ts";
import type { Request } from "../../request_facts.ts";
import type { PasskeyParts } from "./parts.ts";
import { refuseUntried } from "./refusals.ts";

/** What came of checking an answer; the cause says why it does not hold. */
export interface Checked {
  readonly passkey: string;
  readonly answer: AnswerShown;
  readonly cause?: unknown;
}

/**
 * Uses up the challenge and checks the answer with the passkey's public key. That it does not hold is for the database to
 * hear: it keeps the trail.
 *
 * @throws {Problem} if no answer may be tried
 */
export async function check(
  ctx: Request,
  { passkeys, party }: PasskeyParts,
  purpose: Exclude<Purpose, "register">,
  who: Asking,
  credential: AuthenticationResponseJSON,
  facts: Caller["facts"] = ctx.state.facts,
): Promise<Checked> {
  const { digest } = readClientData(credential.response.clientDataJSON);
  const asked = await passkeys.begin(purpose, digest, Buffer.from(credential.id, "base64url"), who, facts);
  refuseUntried(ctx, asked);
  const passkey = asked.passkey!;
  try {
    return { passkey, answer: await checkShown(party, credential, asked, purpose === "sign_in") };
  } catch (cause) {
    return { passkey, answer: { verified: false }, cause };
  }
}
