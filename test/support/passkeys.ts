import { type Authenticator, createAuthenticator, type Lies } from "./authenticator.ts";
import type { SignUp } from "./people.ts";
import type { Answer, TestServer } from "./server.ts";

type Headers = Record<string, string>;

/** An authenticator in a browser that shows a page of the server's. */
export const authenticatorOf = (
  server: TestServer,
  given?: Parameters<typeof createAuthenticator>[1],
): Authenticator => createAuthenticator(server.config.publicUrl, given);

/** Adds a passkey, with an access token or with the mfaToken of a sign-in. */
export async function addPasskey(
  server: TestServer,
  key: Authenticator,
  {
    headers = {},
    mfaToken,
    lies,
    ...more
  }: { headers?: Headers; mfaToken?: string; lies?: Lies; name?: string } = {},
): Promise<Answer> {
  const token = mfaToken === undefined ? {} : { mfaToken };
  const options = await server.post("/auth/passkey/register/options", token, headers);
  if (options.status !== 200) return options;
  const credential = key.create(options.body, lies);
  return server.post("/auth/passkey/register", { credential, ...token, ...more }, headers);
}

/** Somebody's passkey. @throws if it is not made */
export async function passkeyOf(
  server: TestServer,
  { headers }: Pick<SignUp, "headers">,
): Promise<Authenticator> {
  const key = authenticatorOf(server);
  const added = await addPasskey(server, key, { headers });
  if (added.status !== 200) throw new Error(JSON.stringify(added.body));
  return key;
}

/** Signs in with a passkey and nothing else. */
export async function logInWithPasskey(
  server: TestServer,
  key: Authenticator,
  lies?: Lies,
  more: object = {},
): Promise<Answer> {
  const { body } = await server.post("/auth/passkey/login/options", {});
  return server.post("/auth/passkey/login", { credential: key.get(body, lies), ...more });
}

/** Shows a passkey as the second factor. */
export async function verifyWithPasskey(
  server: TestServer,
  key: Authenticator,
  mfaToken: string,
  lies?: Lies,
): Promise<Answer> {
  const options = await server.post("/auth/mfa/passkey/options", { mfaToken });
  if (options.status !== 200) return options;
  return server.post("/auth/mfa/passkey/verify", { mfaToken, credential: key.get(options.body, lies) });
}

/** Steps up with a passkey. */
export async function stepUpWithPasskey(
  server: TestServer,
  key: Authenticator,
  headers: Headers,
  lies?: Lies,
): Promise<Answer> {
  const options = await server.post("/auth/step-up/passkey/options", {}, headers);
  if (options.status !== 200) return options;
  return server.post("/auth/step-up/passkey", { credential: key.get(options.body, lies) }, headers);
}
