/** HTML that is safe to put into a page as it stands. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Html | string | number | null | readonly Part[];

/** Puts parts together; strings are escaped, for text and for values in double quotes, Html and lists of it are not. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(
    strings.map((text, place) => text + (place < parts.length ? shown(parts[place]!) : "")).join(""),
  );
}

function shown(part: Part): string {
  if (part === null) return "";
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(shown).join("");
  return inHtml(String(part));
}

/** Text as HTML has it, also between double quotes. */
export function inHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (character) => entities[character]!);
}
