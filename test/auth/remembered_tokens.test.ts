import { randomUUID } from "node:crypto";
import { generateKeyPair } from "jose";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { issueAccessToken, type TokenAuthority } from "../../src/auth/access_token.ts";
import { type Bearer, rememberTokens } from "../../src/auth/remembered_tokens.ts";
import { digest } from "../../src/auth/session_secrets.ts";

const { privateKey, publicKey } = await generateKeyPair("EdDSA");

/** How often a signature was checked: nothing else asks for the key itself. */
let checks: number;
let withdrawn: boolean;
const authority: TokenAuthority = {
  issuer: "https://chat.rowhouse.test",
  keys: {
    signer: async () => ({ id: "key", algorithm: "EdDSA", privateKey }),
    jwks: async () => ({ keys: [] }),
    async find(id) {
      if (withdrawn) return null;
      return {
        id,
        algorithm: "EdDSA",
        publicJwk: {},
        get publicKey() {
          checks += 1;
          return publicKey;
        },
      };
    },
  },
};

let read: (token: string) => Promise<Bearer>;
beforeEach(() => {
  checks = 0;
  withdrawn = false;
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  read = rememberTokens(authority);
});
afterEach(() => {
  vi.useRealTimers();
});

const handle = "h".repeat(43);
const tenantId = randomUUID();
const counter = 3;
const issue = () => issueAccessToken(authority, { userId: randomUUID(), handle, tenantId, counter });
const later = (seconds: number) => vi.advanceTimersByTime(seconds * 1_000);

test("a token's signature is checked once a minute, and it says the same meanwhile", async () => {
  const token = await issue();
  const expiresAt = Math.floor(Date.now() / 1_000) * 1_000 + 15 * 60_000;
  const bearer = { credential: digest(handle), tenantId, counter, expiresAt };
  expect([await read(token), await read(token)]).toEqual([bearer, bearer]);
  later(59);
  expect(await read(token)).toEqual(bearer);
  expect(checks).toBe(1);
  later(1);
  expect(await read(token)).toEqual(bearer);
  expect(checks).toBe(2);
});

test("a token that expires meanwhile is refused from that second on", async () => {
  const token = await issue();
  later(15 * 60 - 20);
  await read(token);
  later(19);
  await read(token);
  later(1);
  await expect(read(token)).rejects.toMatchObject({ code: "token_expired" });
});

test("a token is refused as soon as its key is withdrawn, and checked again if it comes back", async () => {
  const token = await issue();
  await read(token);
  withdrawn = true;
  await expect(read(token)).rejects.toMatchObject({ code: "token_invalid" });
  withdrawn = false;
  await read(token);
  expect(checks).toBe(2);
});

test("another text is another token, however little it differs", async () => {
  const token = await issue();
  await read(token);
  for (const other of [`${token}=`, `${token} `, token.replace(/.$/, "_"), token.slice(0, -1)]) {
    await expect(read(other)).rejects.toMatchObject({ code: "token_invalid" });
  }
});

test("a token that is no good is looked at each time", async () => {
  const [header, , signature] = (await issue()).split(".");
  const [, payload] = (await issue()).split(".");
  const mixed = [header, payload, signature].join(".");
  for (let time = 1; time <= 2; time++) {
    await expect(read(mixed)).rejects.toMatchObject({ code: "token_invalid" });
    expect(checks).toBe(time);
  }
});

test("no more are remembered than there is room for: the one that was not shown for longest is forgotten", async () => {
  read = rememberTokens(authority, 2);
  const [first, second, third] = [await issue(), await issue(), await issue()];
  for (const token of [first, second, first, third, first]) await read(token);
  expect(checks).toBe(3);
  await read(second);
  expect(checks).toBe(4);
});
