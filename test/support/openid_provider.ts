import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { Provider } from "oidc-provider";

/** What a provider says of whoever signs in there. */
export interface Account {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
}

export interface TestProvider {
  readonly issuer: string;
  /** Who signs in there next; null: they decline. */
  account: Account | null;
  close(): Promise<void>;
}

export const CLIENT = { clientId: "rowhouse", clientSecret: "a secret between the two of us" };

/** A certified OpenID provider, at whose sign-in page somebody always says yes. */
export async function startOpenIdProvider(redirectUris: readonly string[]): Promise<TestProvider> {
  const { server, origin } = await listening();
  const provider = new Provider(origin, {
    clients: [
      {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        redirect_uris: [...redirectUris],
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
    cookies: { keys: ["a cookie key"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    conformIdTokenClaims: false,
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: { devInteractions: { enabled: false } },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: async () => ({ ...made.account, sub }),
    }),
  });
  const made: TestProvider = {
    issuer: origin,
    account: null,
    close: () => closed(server),
  };
  const handle = provider.callback();
  server.on("request", async (req, res) => {
    if (!req.url?.startsWith("/interaction/")) return handle(req, res);
    const { prompt, params, session } = await provider.interactionDetails(req, res);
    if (made.account === null) {
      return provider.interactionFinished(req, res, { error: "access_denied" });
    }
    if (prompt.name === "login") {
      return provider.interactionFinished(req, res, { login: { accountId: made.account.sub } });
    }
    const grant = new provider.Grant({ accountId: session!.accountId, clientId: String(params.client_id) });
    grant.addOIDCScope(String(params.scope));
    return provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } });
  });
  return made;
}

/** What a hostile provider may do with an ID token before it sends it. */
export type Mischief = (token: {
  claims: Record<string, unknown>;
  sign(changes?: {
    claims?: Record<string, unknown>;
    alg?: string;
    key?: Parameters<SignJWT["sign"]>[0];
  }): Promise<string>;
  publicPem: string;
}) => Promise<string>;

export interface HostileProvider {
  readonly issuer: string;
  /** The nonce of the sign-in under way. */
  nonce: string | undefined;
  mischief: Mischief;
  close(): Promise<void>;
}

/** A provider that answers the token endpoint with whatever it likes. */
export async function startHostileProvider(): Promise<HostileProvider> {
  const { server, origin } = await listening();
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "one", use: "sig", alg: "RS256" };
  const { exportSPKI } = await import("jose");
  const publicPem = await exportSPKI(publicKey);
  const made: HostileProvider = {
    issuer: origin,
    nonce: undefined,
    mischief: ({ sign }) => sign(),
    close: () => closed(server),
  };
  server.on("request", async (req, res) => {
    const json = (body: unknown) =>
      res.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
    if (req.url === "/.well-known/openid-configuration") {
      return json({
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        jwks_uri: `${origin}/jwks`,
        id_token_signing_alg_values_supported: ["RS256"],
        code_challenge_methods_supported: ["S256"],
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
      });
    }
    if (req.url === "/jwks") return json({ keys: [jwk] });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: origin,
      aud: CLIENT.clientId,
      sub: "mallory",
      iat: now,
      exp: now + 300,
      nonce: made.nonce,
      email: "victim@example.com",
      email_verified: true,
    };
    const sign: Parameters<Mischief>[0]["sign"] = ({
      claims: changed,
      alg = "RS256",
      key = privateKey,
    } = {}) => new SignJWT({ ...claims, ...changed }).setProtectedHeader({ alg, kid: "one" }).sign(key);
    json({
      access_token: "x",
      token_type: "Bearer",
      id_token: await made.mischief({ claims, sign, publicPem }),
    });
  });
  return made;
}

async function listening(): Promise<{ server: Server; origin: string }> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}
