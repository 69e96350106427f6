import * as client from "openid-client";
import type { OidcProvider } from "../../config.ts";
import { type Attempt, type Provider, ProviderRefused, ProviderUnavailable } from "./provider.ts";

/** Seconds that a provider may take to answer. */
export const PATIENCE = 10;

/**
 * A provider that speaks OpenID Connect: authorization code with PKCE (S256), `state`, `nonce` and, where the provider has
 * it, `iss` (RFC 9207). openid-client checks the ID token: signature, algorithm, issuer, audience, times.
 */
export function openIdConnect(settings: OidcProvider): Provider {
  const { id, name, issuer, clientId, clientSecret, scope, trustEmail } = settings;
  const discover = remembering(async () => {
    // The signature too, and not only that the token came over a connection of its own.
    const checks = [client.enableNonRepudiationChecks];
    const options = {
      timeout: PATIENCE,
      execute: isLoopback(issuer) ? [client.allowInsecureRequests, ...checks] : checks,
    };
    return client.discovery(
      new URL(issuer),
      clientId,
      undefined,
      clientSecret === null ? client.None() : client.ClientSecretPost(clientSecret),
      options,
    );
  });
  return {
    id,
    name,
    async authorize(attempt, redirectUri) {
      const configuration = await discover().catch(unavailable);
      return client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope,
        ...(await challengeOf(attempt)),
        nonce: attempt.nonce,
      });
    },
    async identify(attempt, callback) {
      const configuration = await discover().catch(unavailable);
      const tokens = await client
        .authorizationCodeGrant(configuration, callback, {
          ...expected(attempt),
          expectedNonce: attempt.nonce,
          idTokenExpected: true,
        })
        .catch(refused);
      const claims = tokens.claims()!;
      const proven = trustEmail && claims.email_verified === true && typeof claims.email === "string";
      return {
        issuer: claims.iss,
        subject: claims.sub,
        email: proven ? (claims.email as string) : null,
        name: typeof claims.name === "string" ? claims.name : null,
      };
    },
  };
}

/** What goes into the address: the state, and the challenge of the verifier (RFC 7636). */
export async function challengeOf({ state, verifier }: Attempt): Promise<Record<string, string>> {
  return {
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
}

export const expected = ({ state, verifier }: Attempt) => ({
  expectedState: state,
  pkceCodeVerifier: verifier,
});

/** For a test's provider on this machine; everybody else's needs TLS. */
export function isLoopback(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}

/** Asks once, and again only where it failed. */
function remembering<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= ask().catch((error) => {
      asked = null;
      throw error;
    });
    return asked;
  };
}

function unavailable(cause: unknown): never {
  throw new ProviderUnavailable("the provider cannot be reached", { cause });
}

/** Whatever was wrong with what the provider or the browser brought. */
export function refused(cause: unknown): never {
  if (cause instanceof client.AuthorizationResponseError) throw new ProviderRefused(cause.error, { cause });
  const { code } = cause as { code?: unknown };
  if (code === "OAUTH_TIMEOUT" || code === undefined) {
    throw new ProviderUnavailable("the provider cannot be reached", { cause });
  }
  throw new ProviderRefused(String(code).toLowerCase(), { cause });
}
