import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunkText } from "../../src/documents/chunk_text.ts";
import { countTokens } from "../../src/documents/count_tokens.ts";
import type { Extracted } from "../../src/documents/extracted.ts";

const plain = (text: string): Pick<Extracted, "headings" | "language" | "pages" | "text"> => ({
  text,
  headings: [],
  pages: [],
  language: null,
});
const SMALL = { maxTokens: 20, overlap: 0 };

/** What stands in no passage. */
function leftOut(text: string, chunks: readonly { start: number; end: number }[]): string {
  let at = 0;
  let rest = "";
  for (const { start, end } of chunks) {
    rest += text.slice(at, Math.max(at, start));
    at = Math.max(at, end);
  }
  return rest + text.slice(at);
}

describe("passages of a text", () => {
  test("are never longer than asked, cover all of it, and are what stands at their place", () => {
    const sizes = fc.record({
      maxTokens: fc.integer({ min: 20, max: 80 }),
      overlap: fc.integer({ min: 0, max: 10 }),
    });
    const letter = fc.constantFrom(
      "a",
      "bcd",
      " ",
      "\n",
      "\n\n",
      ". ",
      "字",
      "。",
      "ก",
      "👩‍👩‍👧",
      "e\u0301",
      "7",
      "—",
    );
    const texts = fc.array(letter, { maxLength: 300 }).map((letters) => letters.join(""));
    fc.assert(
      fc.property(texts, sizes, (text, size) => {
        const chunks = chunkText(plain(text), size);
        expect(leftOut(text, chunks).trim()).toBe("");
        for (const chunk of chunks) {
          expect(chunk.text).toBe(text.slice(chunk.start, chunk.end));
          expect(chunk.tokens).toBe(countTokens(chunk.text));
          expect(chunk.tokens).toBeLessThanOrEqual(size.maxTokens);
          expect(chunk.text.isWellFormed()).toBe(true);
          expect(chunk.text.trim()).toBe(chunk.text);
        }
        expect(chunkText(plain(text), size)).toEqual(chunks);
      }),
    );
  });

  test("end between paragraphs, else between sentences", () => {
    const text =
      "One two three four five six.\n\nSeven eight nine ten eleven. Twelve thirteen fourteen fifteen.";
    expect(chunkText(plain(text), SMALL).map((chunk) => chunk.text)).toEqual([
      "One two three four five six.",
      "Seven eight nine ten eleven. Twelve thirteen fourteen fifteen.",
    ]);
    const long =
      "One two three four five six seven. Eight nine ten eleven twelve thirteen fourteen. Fifteen.";
    expect(chunkText(plain(long), SMALL).map((chunk) => chunk.text.at(-1))).toEqual([".", "."]);
  });

  test("repeat the last sentence of the one before", () => {
    const sentences = Array.from({ length: 12 }, (_, n) => `Sentence number ${n} is here.`).join(" ");
    const [first, second] = chunkText(plain(sentences), { maxTokens: 30, overlap: 10 });
    expect(second!.start).toBeLessThan(first!.end);
    expect(second!.text).toMatch(/^Sentence/);
    expect(first!.text.endsWith(sentences.slice(second!.start, first!.end))).toBe(true);
  });

  test("know the headings above, and do not end with one", () => {
    const text = `Guide\n\nLeave\n\n${"Everybody has thirty days. ".repeat(4).trim()}\n\nTravel\n\nTrains first.`;
    const heading = (level: number, words: string) => {
      const start = text.indexOf(words);
      return { level, start, end: start + words.length };
    };
    const headings = [heading(1, "Guide"), heading(2, "Leave"), heading(2, "Travel")];
    const chunks = chunkText({ ...plain(text), headings }, SMALL);
    expect(chunks[0]).toMatchObject({ headings: ["Guide", "Leave"] });
    expect(chunks.at(-1)).toMatchObject({ headings: ["Guide", "Travel"], text: "Travel\n\nTrains first." });
    for (const chunk of chunks) expect(chunk.text).not.toMatch(/(?:Guide|Leave|Travel)$/);
  });

  test.each([
    ["Chinese", "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。", "。"],
    ["Thai", "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ", ""],
  ])("are found where words have no spaces: %s", (_, sentence, ending) => {
    const chunks = chunkText(plain(sentence.repeat(20)), { maxTokens: 60, overlap: 0 });
    expect(chunks.length).toBeGreaterThan(5);
    for (const chunk of chunks) expect(chunk.text.endsWith(ending)).toBe(true);
    for (const chunk of chunks) expect(chunk.text).not.toMatch(/^\p{M}/u);
  });

  test("cut no character in two, nor what is joined to one", () => {
    const family = "👩‍👩‍👧";
    for (const chunk of chunkText(plain(family.repeat(500)), SMALL))
      expect(chunk.text.replaceAll(family, "")).toBe("");
  });

  test("are short also where nothing but white space is between words", () => {
    const chunks = chunkText(plain(`a${" ".repeat(100_000)}b`), SMALL);
    expect(chunks.map((chunk) => chunk.text)).toEqual(["a", "b"]);
  });

  test("are not made too small, nor of repetitions", () => {
    expect(() => chunkText(plain("x"), { maxTokens: 19, overlap: 0 })).toThrow(RangeError);
    expect(() => chunkText(plain("x"), { maxTokens: 20, overlap: 11 })).toThrow(RangeError);
    expect(chunkText(plain(" \n "))).toEqual([]);
  });
});
