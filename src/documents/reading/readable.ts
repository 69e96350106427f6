/**
 * What neither a person sees nor PostgreSQL takes: control characters but tab and line feed, byte order marks, soft
 * hyphens, and Unicode's tags, in which instructions to a model are hidden from its reader.
 */
const UNSEEN = /(?![\t\n])[\p{Cc}\u00AD\uFEFF\u{E0000}-\u{E007F}]/gu;

/** A text as we keep it: composed (NFC), lines by `\n`, each half of a surrogate pair replaced. */
export function readable(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replaceAll(UNSEEN, "")
    .normalize("NFC");
}

/** Such a text on one line. */
export function oneLine(text: string): string {
  return readable(text).replaceAll(/\s+/g, " ").trim();
}

/** A title of somebody else's making: on one line, and short enough for a list; null where nothing is left. */
export function asTitle(text: unknown): string | null {
  return typeof text === "string" ? [...oneLine(text)].slice(0, 300).join("") || null : null;
}

/** A language of somebody else's making in BCP 47, or null. */
export function asLanguage(text: unknown): string | null {
  if (typeof text !== "string" || text.length > 35) return null;
  try {
    return Intl.getCanonicalLocales(text.trim().replaceAll("_", "-"))[0] ?? null;
  } catch {
    return null;
  }
}
