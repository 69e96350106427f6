import { chunkText } from "../src/documents/chunk_text.ts";
import { extractText } from "../src/documents/extract_text.ts";
import { FileRefused } from "../src/documents/file_refused.ts";
import { docx, paragraph } from "../test/support/files/docx.ts";
import { pdf, pdfOfStream } from "../test/support/files/pdf.ts";
import { withPeak } from "../test/support/files/peak_memory.ts";
import { median, table } from "./measure.ts";

/**
 * What reading an uploaded file costs by its type, and what hostile ones come to: milliseconds from the call to the answer, the most
 * that the process occupied, and how long the caller's event loop stood still at most.
 */
const LIMITS = { maxBytes: 20 * 2 ** 20, maxCharacters: 2_000_000, timeout: 30_000, memory: 512 };
const ROUNDS = 5;

const sentence = "Whoever travels for the company takes the train where it takes less than six hours. ";
const prose = (characters: number): string =>
  `${sentence.repeat(6)}\n\n`.repeat(Math.ceil(characters / (sentence.length * 6 + 2)));
const paragraphs = (characters: number): string[] => prose(characters).split("\n\n").filter(Boolean);

const files: readonly (readonly [string, string, Uint8Array])[] = [
  ["text, 3 kB", "a.txt", Buffer.from(prose(3_000))],
  ["text, 1 MB", "a.txt", Buffer.from(prose(1_000_000))],
  ["Markdown, 1 MB", "a.md", Buffer.from(prose(1_000_000))],
  [
    "HTML, 1 MB",
    "a.html",
    Buffer.from(
      `<html>${paragraphs(1_000_000)
        .map((one) => `<p>${one}</p>`)
        .join("")}`,
    ),
  ],
  [
    "DOCX, 10 pages",
    "a.docx",
    docx({
      body: paragraphs(30_000)
        .map((one) => paragraph(one))
        .join(""),
    }),
  ],
  [
    "DOCX, 300 pages",
    "a.docx",
    docx({
      body: paragraphs(1_000_000)
        .map((one) => paragraph(one))
        .join(""),
    }),
  ],
  ["PDF, 10 pages", "a.pdf", await pdf((page) => page.fontSize(11).text(prose(30_000)))],
  ["PDF, 300 pages", "a.pdf", await pdf((page) => page.fontSize(11).text(prose(1_000_000)))],
  ["PDF that unpacks to 1 GB", "a.pdf", pdfOfStream(Buffer.alloc(1_000 * 2 ** 20, " "), 2)],
  ["DOCX of 300,000 paragraphs", "a.docx", docx({ body: paragraph("a").repeat(300_000) })],
  ["DOCX that unpacks to 200 MB", "a.docx", docx({ body: " ".repeat(200 * 2 ** 20) })],
  ["HTML of 200,000 elements in one another", "a.html", Buffer.from("<div>".repeat(200_000))],
];

/** The longest time between two turns that ought to be 1 ms apart. */
async function withStandstill<Done>(work: () => Promise<Done>): Promise<{ done: Done; longest: number }> {
  let longest = 0;
  let before = performance.now();
  const turns = setInterval(() => {
    longest = Math.max(longest, performance.now() - before);
    before = performance.now();
  }, 1);
  const done = await work();
  clearInterval(turns);
  return { done, longest };
}

async function outcome(name: string, content: Uint8Array): Promise<string> {
  try {
    const { text, chunks } = await extractText({ name, content }, LIMITS);
    return `${text.length} characters, ${chunks.length} passages`;
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    return `\`${error.code}\``;
  }
}

const rows: string[][] = [];
for (const [what, name, content] of files) {
  const times: number[] = [];
  const stops: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    const { longest } = await withStandstill(() => outcome(name, content));
    times.push(performance.now() - started);
    stops.push(longest);
  }
  const { done, peak } = await withPeak(() => outcome(name, content));
  rows.push([what, median(times).toFixed(0), String(peak), median(stops).toFixed(0), done]);
}
console.log(table(["file", "ms", "MiB", "caller stands still, ms", "outcome"], rows));

const passages = [
  ["English", prose(1_000_000)],
  ["Chinese", "人人生而自由,在尊严和权利上一律平等。".repeat(50_000)],
  ["one word", "a".repeat(1_000_000)],
] as const;
const cuts = passages.map(([what, text]) => {
  const before = process.cpuUsage();
  const chunks = chunkText({ text, headings: [], pages: [], language: null });
  const { user, system } = process.cpuUsage(before);
  return [what, ((user + system) / 1000).toFixed(0), String(chunks.length)];
});
console.log(`\n${table(["a million characters", "processor ms", "passages"], cuts)}`);
