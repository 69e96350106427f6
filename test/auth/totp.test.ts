import { expect, test } from "vitest";
import {
  codeAt,
  createRecoveryCodes,
  createSeed,
  otpauthUrl,
  recoveryDigest,
  spelledOut,
  stepOf,
} from "../../src/auth/totp.ts";

/** RFC 6238, appendix B: the seed, times in seconds, and the last six digits of each code. */
const seed = Buffer.from("12345678901234567890");
const VECTORS: [seconds: number, code: string][] = [
  [59, "287082"],
  [1111111109, "081804"],
  [1111111111, "050471"],
  [1234567890, "005924"],
  [2000000000, "279037"],
  [20000000000, "353130"],
];

test.each(VECTORS)("at %i seconds the code is that of RFC 6238", (seconds, code) => {
  expect(codeAt(seed, seconds * 1000)).toBe(code);
  expect(stepOf(seed, code, seconds * 1000)).toBe(Math.floor(seconds / 30));
});

test("a code of half a minute ago or ahead is one of its own step; one of a minute is none", () => {
  const now = 1_234_567_890_000;
  const step = Math.floor(now / 30_000);
  for (const [offset, expected] of [
    [-2, null],
    [-1, step - 1],
    [0, step],
    [1, step + 1],
    [2, null],
  ] as const) {
    expect(stepOf(seed, codeAt(seed, now + offset * 30_000), now)).toBe(expected);
  }
});

test("what is no six digits is no code", () => {
  for (const text of ["", "28708", "2870821", "28708a", " 287082", "２８７０８２", "-28708"]) {
    expect(stepOf(seed, text, 59_000)).toBeNull();
  }
});

test("an app is told the seed, the server and the account", () => {
  const url = new URL(otpauthUrl(seed, "chat.example.com", "ann@example.com"));
  expect(url.protocol).toBe("otpauth:");
  expect(decodeURIComponent(url.pathname)).toContain("chat.example.com:ann@example.com");
  expect(url.searchParams.get("secret")).toBe(spelledOut(seed));
  expect(spelledOut(seed)).toBe("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  expect(createSeed()).toHaveLength(20);
  expect(createSeed()).not.toEqual(createSeed());
});

test("recovery codes are ten, each other than the rest, and read however they are typed", () => {
  const codes = createRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) {
    expect(code).toMatch(/^([A-HJKMNP-TV-Z2-9]{4}-){3}[A-HJKMNP-TV-Z2-9]{4}$/);
    expect(recoveryDigest(code.toLowerCase().replaceAll("-", " "))).toEqual(recoveryDigest(code));
  }
});
