/** How many tokens a text is for a model. */
export type CountTokens = (text: string) => number;

/** Characters that are counted at once. The tokenizer's time grows with the square of a word: 100,000 letters take it 6 s. */
const AT_ONCE = 200;

/**
 * A counter in OpenAI's o200k_base, which is near enough for the models of others: it is for budgets, and bills are made of what
 * the provider says. A text is counted in pieces, cut at spaces where there are some, so that it may be a token or so more. What looks like
 * a special token (`<|endoftext|>`) is counted as the text that it is.
 *
 * Its table takes 0.15 s and 60 MB, so it is loaded when it is wanted first.
 */
export async function loadTokenCounter(): Promise<CountTokens> {
  const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
  const asText = { disallowedSpecial: new Set<string>() };
  return (text) => {
    let tokens = 0;
    for (const [piece] of text.matchAll(PIECES)) tokens += countTokens(piece, asText);
    return tokens;
  };
}

/** As many characters as are counted at once, up to a space where there is one; no surrogate pair is cut. */
const PIECES = new RegExp(`.{1,${AT_ONCE}}(?=\\s|$)|.{1,${AT_ONCE}}`, "gsu");
