import { randomBytes } from "node:crypto";
import type { Asking, PasskeysMeant, Purpose } from "../../../auth/passkeys/passkeys.ts";
import { CHALLENGE_BYTES } from "../../../auth/passkeys/relying_party.ts";
import { digest } from "../../../auth/session_secrets.ts";
import type { Caller } from "../../../database/caller.ts";
import type { Request } from "../../request_facts.ts";
import type { PasskeyParts } from "./parts.ts";
import { passkeyRefusal } from "./refusals.ts";

/**
 * Makes a challenge for an authenticator to sign.
 *
 * @throws {Problem} if nobody is to be asked
 */
export async function ask(
  ctx: Request,
  { passkeys }: PasskeyParts,
  purpose: Purpose,
  who: Asking,
  facts: Caller["facts"] = ctx.state.facts,
): Promise<PasskeysMeant & { readonly challenge: Buffer }> {
  const challenge = randomBytes(CHALLENGE_BYTES);
  const meant = await passkeys.ask(purpose, digest(challenge), who, facts);
  ctx.state.outcome = meant.outcome;
  if (meant.outcome !== "ok") throw passkeyRefusal(meant.outcome);
  ctx.set("Cache-Control", "no-store");
  return { ...meant, challenge };
}

/** Who signs in says nothing of themselves: the passkey does. */
export const NOBODY: Asking = { handle: null, token: null };
