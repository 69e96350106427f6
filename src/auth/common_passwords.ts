import { dictionary } from "@zxcvbn-ts/language-common";

// 49,000 passwords from breaches. Few of them are as long as ours must be, so a long password also counts
// as common if it is a common one dressed up: repeated, or with digits and punctuation around it.
const common: ReadonlySet<string> = new Set(dictionary["passwords-common"] as readonly string[]);

const rows = ["abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm"].flatMap(
  (row) => [row, [...row].reverse().join("")],
);

/** Whether attackers try this password, or something this close to it, first. */
export function isCommonPassword(password: string): boolean {
  const plain = password.normalize("NFKC").toLowerCase();
  if (/^\p{N}+$/u.test(plain)) return true;
  return [plain, core(plain), core(unit(plain)), unit(core(plain))].some(
    (text) => common.has(text) || [...text].length < 4 || rows.some((row) => row.includes(text)),
  );
}

/** The password without the digits and punctuation at its ends; all of it if it is nothing else. */
function core(password: string): string {
  return password.replaceAll(/^[\p{N}\p{P}\s$+<=>^`|~]+|[\p{N}\p{P}\s$+<=>^`|~]+$/gu, "") || password;
}

/** What the password repeats: `abc` of `abcabcabcab`; all of it if it repeats nothing. */
function unit(password: string): string {
  for (let length = 1; length <= password.length / 2; length++) {
    const piece = password.slice(0, length);
    if (piece.repeat(Math.ceil(password.length / length)).startsWith(password)) return piece;
  }
  return password;
}
