import * as client from "openid-client";
import type { OAuthClient } from "../../config.ts";
import { challengeOf, expected, isLoopback, PATIENCE, refused } from "./openid_connect.ts";
import { type Provider, ProviderRefused } from "./provider.ts";

interface GitHubAddresses {
  /** Where people are. */
  readonly web: string;
  /** Where programs are. */
  readonly api: string;
}

/**
 * GitHub speaks plain OAuth 2: no discovery, no ID token, no nonce. Who it is, its API says; of the addresses there, only
 * the primary one counts, and only if GitHub proved it.
 */
export function github(
  { clientId, clientSecret }: OAuthClient,
  { web, api }: GitHubAddresses = { web: "https://github.com", api: "https://api.github.com" },
): Provider {
  const configuration = new client.Configuration(
    {
      issuer: web,
      authorization_endpoint: `${web}/login/oauth/authorize`,
      token_endpoint: `${web}/login/oauth/access_token`,
    },
    clientId,
    undefined,
    client.ClientSecretPost(clientSecret),
  );
  configuration.timeout = PATIENCE;
  if (isLoopback(web)) client.allowInsecureRequests(configuration);

  async function read(token: string, path: string): Promise<unknown> {
    const headers = new Headers({ Accept: "application/vnd.github+json", "User-Agent": "rowhouse" });
    const answer = await client
      .fetchProtectedResource(configuration, token, new URL(path, api), "GET", undefined, headers)
      .catch(refused);
    if (!answer.ok) throw new ProviderRefused(`status_${answer.status}`);
    return answer.json();
  }

  return {
    id: "github",
    name: "GitHub",
    async authorize(attempt, redirectUri) {
      return client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: "read:user user:email",
        ...(await challengeOf(attempt)),
      });
    },
    async identify(attempt, callback) {
      const { access_token } = await client
        .authorizationCodeGrant(configuration, callback, expected(attempt))
        .catch(refused);
      const [user, addresses] = await Promise.all([
        read(access_token, "/user") as Promise<{ id?: unknown; name?: unknown; login?: unknown }>,
        read(access_token, "/user/emails") as Promise<unknown>,
      ]);
      if (!Number.isSafeInteger(user.id)) throw new ProviderRefused("no_subject");
      const primary = (Array.isArray(addresses) ? addresses : []).find(
        ({ primary, verified }) => primary === true && verified === true,
      );
      return {
        issuer: web,
        subject: String(user.id),
        email: typeof primary?.email === "string" ? primary.email : null,
        name: [user.name, user.login].find((name) => typeof name === "string") ?? null,
      };
    },
  };
}
