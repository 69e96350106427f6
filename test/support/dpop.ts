import { calculateThumbprint, generateKeyPair, generateProof, type JWSAlgorithm, type KeyPair } from "dpop";
import { type CryptoKey, exportJWK, type JWK, SignJWT } from "jose";
import type { Answer, TestServer } from "./server.ts";

type Headers = Record<string, string>;

/** A client that holds a key and proves it with each request (RFC 9449), the way a real library does. */
export interface KeyHolder {
  readonly pair: KeyPair;
  readonly thumbprint: string;
  /** The nonce that the server gave last, which goes into the next proof. */
  nonce: string | undefined;
  /** The header of one request. */
  proof(method: string, path: string, token?: string): Promise<{ DPoP: string }>;
  /** The headers of one request with an access token. */
  headers(method: string, path: string, token: string): Promise<{ Authorization: string; DPoP: string }>;
  /** Sends a request with a proof, and with the access token if there is one. */
  post(path: string, body?: unknown, token?: string, headers?: Headers): Promise<Answer>;
  get(path: string, token?: string): Promise<Answer>;
}

export async function keyHolder(server: TestServer, algorithm: JWSAlgorithm = "ES256"): Promise<KeyHolder> {
  const pair = await generateKeyPair(algorithm);
  const address = (path: string) => server.config.publicUrl + path;

  async function send(method: string, path: string, body?: unknown, token?: string, more?: Headers) {
    const own =
      token === undefined ? await holder.proof(method, path) : await holder.headers(method, path, token);
    const answer = await server.request(method, path, { body, headers: { ...own, ...more } });
    holder.nonce = answer.headers.get("DPoP-Nonce") ?? holder.nonce;
    return answer;
  }

  const holder: KeyHolder = {
    pair,
    thumbprint: await calculateThumbprint(pair.publicKey),
    nonce: undefined,
    async proof(method, path, token) {
      return { DPoP: await generateProof(pair, address(path), method, holder.nonce, token) };
    },
    async headers(method, path, token) {
      return { Authorization: `DPoP ${token}`, ...(await holder.proof(method, path, token)) };
    },
    post: (path, body, token, headers) => send("POST", path, body, token, headers),
    get: (path, token) => send("GET", path, undefined, token),
  };
  return holder;
}

/** A proof of one's own making, with whatever is wrong with it. */
export async function handMadeProof(
  { pair }: Pick<KeyHolder, "pair">,
  claims: Record<string, unknown>,
  header: { alg?: string; typ?: string; jwk?: JWK; [more: string]: unknown } = {},
  key: CryptoKey | Uint8Array = pair.privateKey,
): Promise<string> {
  return new SignJWT({ jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000), ...claims })
    .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: await exportJWK(pair.publicKey), ...header })
    .sign(key);
}
