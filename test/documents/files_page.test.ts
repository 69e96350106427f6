import { expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import { CHUNK_SIZES } from "../../src/documents/extracted.ts";
import { FILE_CODES } from "../../src/documents/file_refused.ts";
import { CODES } from "../../src/http/codes.ts";
import { pageAt } from "../support/documents.ts";

const page = pageAt("docs/documents/files.md");

test("each refusal of a file is in the vocabulary, and on the page about files with a link to its own", () => {
  const named = Object.keys(CODES).filter((code) => code.startsWith("file_"));
  expect(named).toEqual([...FILE_CODES]);
  const linked = [...page.matchAll(/^\| \[`(\w+)`\]\(\.\.\/errors\/(\w+)\.md\)/gm)];
  expect(linked.map(([, code]) => code).toSorted()).toEqual(named);
  for (const [, code, file] of linked) expect(file).toBe(code);
});

test("the page about files has the defaults that the settings have", () => {
  const { maxBytes, maxCharacters, timeout, memory } = readConfig({
    NODE_ENV: "test",
    MASTER_KEY: KEY,
  }).documents;
  const defaults = [`${maxBytes / 2 ** 20} MiB`, maxCharacters, timeout, memory].map((value) =>
    value.toLocaleString("en-GB"),
  );
  const rows = [...page.matchAll(/^\| `(DOCUMENT_\w+)` \| ([^|]+) \|/gm)];
  expect(rows.map(([, , value]) => value)).toEqual(defaults);
  expect(page).toContain(`at most ${CHUNK_SIZES.maxTokens} tokens`);
  expect(page).toContain(`up to ${CHUNK_SIZES.overlap} tokens`);
});

const KEY = Buffer.from(Array.from({ length: 32 }, (_, n) => n)).toString("base64");
