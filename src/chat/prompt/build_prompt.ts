import { createHash } from "node:crypto";
import { IMAGE_TOKENS, type Image } from "../image.ts";
import type { Passage } from "../passage.ts";
import type { CountTokens } from "../provider/count_tokens.ts";
import type { Citation } from "../provider/events.ts";
import { ProviderFailure } from "../provider/failure.ts";
import { fenced, fenceRules, newFence } from "./fence.ts";
import { fillTemplate, onOneLine, type PromptValues, visible } from "./template.ts";

export interface PromptParts {
  readonly template: string;
  readonly values: PromptValues;
  /** What is remembered of the person, what matters most first. */
  readonly memories: readonly string[];
  /** The best first. */
  readonly passages: readonly Passage[];
  /** What was said before, the oldest first. */
  readonly history: readonly { readonly role: "user" | "assistant"; readonly content: string }[];
  readonly question: string;
  /** What the question shows; earlier questions' images are not shown again. */
  readonly images?: readonly Image[];
  /** What was read of the files that came with it; earlier questions' files are not told again. */
  readonly files?: readonly { readonly name: string; readonly text: string; readonly cut: boolean }[];
}

export interface PromptOptions {
  /** Tokens that the model reads and writes, and those of them that are kept for its answer. */
  readonly contextTokens: number;
  readonly outputTokens: number;
  readonly count: CountTokens;
  /** For a test; else new. */
  readonly fence?: string;
}

/** A message, as OpenAI's chat/completions have it. */
type Message =
  | { readonly role: "system" | "user" | "assistant"; readonly content: string }
  | { readonly role: "user"; readonly content: (TextPart | ImagePart)[] };
type TextPart = { type: "text"; text: string };
type ImagePart = { type: "image_url"; image_url: { url: string } };

export interface Prompt {
  readonly messages: readonly Message[];
  /** SHA-256 of the messages but for the fence, in hexadecimal: the same for the same parts. */
  readonly hash: string;
  readonly tokens: number;
  /** What the numbers in the passages, and so in the answer, stand for. */
  readonly citations: readonly Citation[];
  /** What found no room. */
  readonly left: { readonly memories: number; readonly passages: number; readonly history: number };
}

/** Tokens that a message has beside its text: who says it, and where it ends. */
const PER_MESSAGE = 4;
/** Of what is left beside the system prompt and the question: for memories, files, and then for passages. The rest is for what was said. */
const SHARE = { memories: 0.1, files: 0.6, passages: 0.6 };

/**
 * What a model is told: the system prompt, what was said before, and the question with its data. Where it is too much, the oldest
 * messages and the worst passages go first; the question stays.
 *
 * @throws {ProviderFailure} `prompt_too_long`, where not even the question has room
 * @throws {UnknownPlaceholders}
 */
export function buildPrompt(parts: PromptParts, options: PromptOptions): Prompt {
  const { contextTokens, outputTokens, count, fence = newFence() } = options;
  const { template, values, memories, passages, history, question, images = [], files = [] } = parts;
  const system = `${fillTemplate(template, values)}\n\n${fenceRules(fence)}`;
  const cost = (text: string): number => count(text) + PER_MESSAGE;
  const frame = cost(system) + cost(question) + 2 * cost(fenced(fence, "")) + images.length * IMAGE_TOKENS;
  let room = contextTokens - outputTokens - frame;
  if (room < 0) throw new ProviderFailure("prompt_too_long");

  const remembered = fitting(memories.map(memoryLine), room * SHARE.memories, count, "skip");
  room -= remembered.tokens;
  const beside = cutFiles(files, room * SHARE.files, count);
  room -= beside.tokens;
  const found = fitting(passages.map(passageText), room * SHARE.passages, count, "skip");
  room -= found.tokens;
  const said = fitting(history.map(({ content }) => content).reverse(), room, cost, "stop");
  const recent = history.slice(history.length - said.kept.length);
  // Some providers take no conversation that begins with an answer.
  const first = recent.findIndex(({ role }) => role === "user");
  const kept = first === -1 ? [] : recent.slice(first);

  const cited = found.kept.map((at) => passages[at]!);
  const data = [
    ...(remembered.kept.length > 0
      ? [`Remembered of the person:\n${remembered.kept.map((at) => memoryLine(memories[at]!)).join("\n")}`]
      : []),
    ...beside.texts,
    ...cited.map((passage, at) => `[${at + 1}] ${passageText(passage)}`),
  ];
  const asked = data.length > 0 ? `${fenced(fence, data.join("\n\n"))}\n\n${question}` : question;
  const messages: Message[] = [
    { role: "system" as const, content: system },
    ...kept.map(({ role, content }) => ({ role, content })),
    questionOf(asked, images),
  ];
  return {
    messages,
    hash: hashOf(messages, fence),
    tokens: messages.reduce((sum, message) => sum + cost(textOf(message)), images.length * IMAGE_TOKENS),
    citations: cited.map(({ id, documentId, title }, at) => ({
      number: at + 1,
      passageId: id,
      documentId,
      title,
    })),
    left: {
      memories: memories.length - remembered.kept.length,
      passages: passages.length - cited.length,
      history: history.length - kept.length,
    },
  };
}

/** The places of the texts that have room. `stop`: what comes after the first that has none is not looked at. */
function fitting(
  texts: readonly string[],
  room: number,
  cost: CountTokens,
  otherwise: "skip" | "stop",
): { kept: number[]; tokens: number } {
  const kept: number[] = [];
  let tokens = 0;
  for (const [at, text] of texts.entries()) {
    // What is far too long need not be counted.
    const needed =
      text.length / MOST_PER_TOKEN > room - tokens ? Number.POSITIVE_INFINITY : cost(text) + BETWEEN;
    if (tokens + needed <= room) {
      kept.push(at);
      tokens += needed;
    } else if (otherwise === "stop") break;
  }
  return { kept, tokens };
}

/** What of the files has room: of each its beginning, and of none more than an equal share, but for what others leave. */
function cutFiles(
  files: NonNullable<PromptParts["files"]>,
  room: number,
  cost: CountTokens,
): { texts: readonly string[]; tokens: number } {
  const texts: string[] = [];
  let left = room;
  for (const [at, { name, text, cut }] of files.entries()) {
    const share = left / (files.length - at);
    const titled = (words: string, whole: boolean): string =>
      `File ${JSON.stringify(visible(name))}${whole ? "" : ", its beginning"}:\n${words}`;
    let words = visible(text).slice(0, Math.max(Math.floor(share), 0) * MOST_PER_TOKEN);
    let needed = cost(titled(words, false)) + BETWEEN;
    while (needed > share && words !== "") {
      words = words
        .slice(0, Math.floor(words.length * Math.min(share / needed, 0.95)))
        .replace(/[\uD800-\uDBFF]$/, "");
      needed = cost(titled(words, false)) + BETWEEN;
    }
    if (words === "") continue;
    texts.push(titled(words, !cut && words.length === visible(text).length));
    left -= needed;
  }
  return { texts, tokens: room - left };
}

/** Characters of the longest tokens. */
const MOST_PER_TOKEN = 128;
/** Tokens of what stands between two texts, and of a number before one. */
const BETWEEN = 6;

const memoryLine = (memory: string): string => `- ${onOneLine(memory)}`;
const passageText = ({ title, content }: Passage): string =>
  `${JSON.stringify(visible(title).replace(/\s+/gu, " "))}\n${visible(content)}`;

/** A provider that knows no images knows no lists of parts either: they are sent only where there is an image. */
function questionOf(text: string, images: readonly Image[]): Message {
  if (images.length === 0) return { role: "user", content: text };
  const shown = images.map(({ url }): ImagePart => ({ type: "image_url", image_url: { url } }));
  return { role: "user", content: [{ type: "text", text }, ...shown] };
}

/** What is said in a message, without what it shows. */
export function textOf({ content }: Message): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function hashOf(messages: Prompt["messages"], fence: string): string {
  const text = JSON.stringify(messages.map(({ role, content }) => [role, content])).replaceAll(
    fence,
    "fence",
  );
  return createHash("sha256").update(text).digest("hex");
}
