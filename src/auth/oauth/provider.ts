/** Who a provider says that somebody is. */
export interface ProvenIdentity {
  /** Who vouches: the issuer's address. */
  readonly issuer: string;
  /** Who that is, in the issuer's words; the pair never changes hands. */
  readonly subject: string;
  /** An address that the provider proved and is trusted to; null where either is missing. */
  readonly email: string | null;
  readonly name: string | null;
}

/** What one sign-in sends along and expects back; it stays in the browser's session with us. */
export interface Attempt {
  readonly state: string;
  readonly nonce: string;
  /** The verifier of RFC 7636, for the provider's token endpoint. */
  readonly verifier: string;
}

/** Somebody else who signs people in. */
export interface Provider {
  /** As in `/auth/oauth/:provider`. */
  readonly id: string;
  /** For a button. */
  readonly name: string;
  /**
   * Where the browser goes.
   *
   * @throws {ProviderUnavailable}
   */
  authorize(attempt: Attempt, redirectUri: string): Promise<URL>;
  /**
   * Who came back, from the address that the browser was sent to.
   *
   * @throws {ProviderUnavailable}
   * @throws {ProviderRefused}
   */
  identify(attempt: Attempt, callback: URL): Promise<ProvenIdentity>;
}

/** The provider cannot be reached, or answers rubbish. */
export class ProviderUnavailable extends Error {
  override readonly name = "ProviderUnavailable";
}

/** The provider, or what it said, is refused: the person declined, or something was not what it had to be. */
export class ProviderRefused extends Error {
  override readonly name = "ProviderRefused";
  /** `access_denied` where the person declined; else what was wrong. */
  readonly reason: string;
  constructor(reason: string, options?: ErrorOptions) {
    super(`the provider's answer is refused: ${reason}`, options);
    this.reason = reason;
  }
}
