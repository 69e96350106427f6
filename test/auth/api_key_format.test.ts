import { expect, test } from "vitest";
import { API_KEY_PATTERN, createApiKeys, isApiKey } from "../../src/auth/api_key.ts";

test("a new key is one of ours, of the pattern that scanners look for, and no two are the same", () => {
  const keys = Array.from({ length: 200 }, () => createApiKeys());
  for (const { secret, publishable } of keys) {
    expect(secret).toMatch(/^rh_sk_/);
    expect(publishable).toMatch(/^rh_pk_/);
    for (const key of [secret, publishable]) {
      expect(key).toMatch(API_KEY_PATTERN);
      expect(isApiKey(key)).toBe(true);
    }
  }
  expect(new Set(keys.map(({ secret }) => secret)).size).toBe(keys.length);
});

test("the format stays what scanners know", () => {
  // Reckoned by hand from the description in docs/identity/api-keys.md; a change would shut every key out.
  expect(isApiKey("rh_sk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1zcFFu")).toBe(true);
});

test("any one character that is wrong, two that changed places, a cut, a space are found without asking anybody", () => {
  const key = createApiKeys().secret;
  for (let place = 0; place < key.length; place++) {
    const other = key[place] === "x" ? "y" : "x";
    expect(isApiKey(key.slice(0, place) + other + key.slice(place + 1)), `at ${place}`).toBe(false);
    if (key[place] !== key[place + 1] && place < key.length - 1) {
      const swapped = key.slice(0, place) + key[place + 1] + key[place] + key.slice(place + 2);
      expect(isApiKey(swapped), `swapped at ${place}`).toBe(false);
    }
  }
  for (const text of ["", "rh_sk_", key.slice(0, -1), `${key}x`, ` ${key}`, `${key}\n`, key.toLowerCase()]) {
    expect(isApiKey(text), JSON.stringify(text)).toBe(false);
  }
});

test("a secret key is not turned into a publishable one by its prefix", () => {
  expect(isApiKey(createApiKeys().secret.replace("rh_sk_", "rh_pk_"))).toBe(false);
});
