import { createHash } from "node:crypto";
import type { Answering, Provider } from "../provider.ts";
import { refuseAsTold } from "./refuse.ts";

/** A text as a bag of its words: each counts at a place that its hash names. Not normalised, as not every provider does. */
function bagOf(text: string, { dimensions, synonyms }: Pick<Provider, "dimensions" | "synonyms">): number[] {
  const bag = Array.from({ length: dimensions }, (): number => 0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const hash = createHash("sha256")
      .update(synonyms[word] ?? word)
      .digest();
    bag[hash.readUInt32BE(0) % dimensions]! += (hash[4]! & 1) === 0 ? 2 : -2;
  }
  // No text is a vector without a direction.
  if (!bag.some((figure) => figure !== 0)) bag[0] = 1;
  return bag;
}

/** Answers embeddings; texts that share words are near each other. */
export function embedWords(answering: Answering): void {
  if (refuseAsTold(answering)) return;
  const { request, response, provider } = answering;
  const { input, dimensions = provider.dimensions } = request.body;
  const texts: string[] = typeof input === "string" ? [input] : input;
  const data = texts.map((text, index) => ({
    object: "embedding",
    index,
    embedding: bagOf(text, { dimensions, synonyms: provider.synonyms }) as (number | null)[],
  }));
  if (request.model === "embed-short") data.pop();
  if (request.model === "embed-nan") data[0]!.embedding[1] = null;
  if (request.model === "embed-wide") data[0]!.embedding.push(1);
  if (request.model === "embed-shuffled") data.reverse();
  const tokens = texts.join(" ").split(/\s+/).length;
  response.writeHead(200, { "Content-Type": "application/json" }).end(
    JSON.stringify({
      object: "list",
      model: request.model,
      data,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    }),
  );
}
