import type { CountTokens } from "../provider/count_tokens.ts";

/** A text as far as it has so many tokens at most; where it was cut, it says so. */
export function fitted(text: string, tokens: number, count: CountTokens): string {
  let kept = text;
  while (kept.length > 0 && count(kept) > tokens)
    kept = kept.slice(0, Math.floor(kept.length * 0.7)).toWellFormed();
  return kept.length === text.length ? text : `${kept}\n[There was no room for the rest.]`;
}
