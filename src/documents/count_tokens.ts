/**
 * About how many tokens a model makes of a text. The model is the operator's, so no vocabulary is ours to count by: this
 * is cheap, and docs/documents/files.md says how far it is from one.
 *
 * A word costs by its length, a sign one (an emoji two), and a character of a script that has no spaces one.
 */
export function countTokens(text: string): number {
  let tokens = 0;
  for (const [, word, digits, dense, sign] of text.matchAll(PARTS)) {
    if (word) tokens += Math.ceil(word.length / (isAscii(word) ? 6 : 3.2));
    else if (digits) tokens += Math.ceil(digits.length / 3);
    else if (dense) tokens += dense.length;
    else if (sign) tokens += sign.length;
  }
  return tokens;
}

const PARTS =
  /((?:(?![\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}])[\p{L}\p{M}])+)|(\p{N}+)|([\p{L}\p{M}])|([^\s])/gu;

function isAscii(word: string): boolean {
  return /^[a-zA-Z]+$/.test(word);
}
