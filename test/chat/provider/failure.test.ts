import { expect, test } from "vitest";
import { PROVIDER_FAILURES } from "../../../src/chat/provider/failure.ts";
import { retryAfterOf } from "../../../src/chat/provider/retry_after.ts";
import { CODES } from "../../../src/http/codes.ts";

test("each failure of a provider is in the vocabulary, with the same status, but that we stopped it", () => {
  const { answer_stopped, ...failures } = PROVIDER_FAILURES;
  expect(answer_stopped).toBe(499);
  for (const [code, status] of Object.entries(failures)) {
    expect(CODES[code as keyof typeof CODES]?.status, code).toBe(status);
  }
  // A model that may not answer is asked nothing.
  const known = Object.keys(CODES).filter((code) => /^(model|answer)_(?!not_allowed)/.test(code));
  expect(known.filter((code) => !Object.hasOwn(failures, code))).toEqual([]);
});

test.each([
  [{ "retry-after": "7" }, 7],
  [{ "retry-after": " 7 " }, 7],
  [{ "retry-after": "1.5" }, 1.5],
  [{ "retry-after-ms": "250", "retry-after": "9" }, 0.25],
  [{ "retry-after": "Thu, 26 Nov 2026 12:00:30 GMT" }, 30],
  [{ "retry-after": "Thu, 26 Nov 2026 11:00:00 GMT" }, 0],
  [{ "retry-after": "999999999999" }, 86_400],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": "-5" }, undefined],
  [{}, undefined],
] as [Record<string, string>, number | undefined][])(
  "a provider that says %o is left alone for %s s",
  (headers, seconds) => {
    expect(retryAfterOf(new Headers(headers), Date.parse("2026-11-26T12:00:00Z"))).toBe(seconds);
  },
);
