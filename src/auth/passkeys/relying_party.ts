/** What authenticators know us by (WebAuthn section 4, "Relying Party"). */
export interface RelyingParty {
  /** The domain that passkeys are made for. */
  readonly id: string;
  /** What an authenticator shows. */
  readonly name: string;
  /** The origins of the pages that may use them. */
  readonly origins: readonly string[];
}

/** Milliseconds that a person has to answer: as long as a challenge is good. */
export const PATIENCE = 300_000;

/** A new challenge, which the database is told the digest of. */
export const CHALLENGE_BYTES = 32;
