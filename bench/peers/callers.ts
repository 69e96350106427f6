import type { TokenAuthority } from "../../src/auth/access_token.ts";
import { issueAccessToken } from "../../src/auth/access_token.ts";

export interface Conversation {
  readonly id: string;
  readonly title: string;
}

/**
 * The first administrator of a tenant, who sees all of its conversations in every contestant, and what their answers
 * have to be.
 */
export interface Caller {
  /** The tenant's slug; it is part of every title and message of the tenant. */
  readonly tenant: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly email: string;
  /** The secret handle of their session (`sid`). */
  readonly handle: string;
  /** The tenant's newest, newest first: a page of them. */
  readonly conversations: readonly Conversation[];
  /** Their first refresh tokens. */
  readonly refreshTokens: { readonly ours: string; readonly byHand: string };
  /** An API key of theirs. */
  readonly apiKey: string;
}

/** The password of everybody. */
export const PASSWORD = "Everybody's password, to bench";
/** Sessions are bound to it. */
export const USER_AGENT = "bench/peers";
/** The issuer and the audience of the tokens. */
export const ISSUER = "https://bench.example";

/** An access token for each caller, good for 15 minutes, as the server would issue it; every contestant takes it. */
export function accessTokens(authority: TokenAuthority, callers: readonly Caller[]): Promise<string[]> {
  return Promise.all(callers.map((caller) => issueAccessToken(authority, { ...caller, counter: 0 })));
}
