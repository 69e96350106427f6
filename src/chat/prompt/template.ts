/** What a system prompt may speak of, as `{{user}}`. */
export const PLACEHOLDERS = ["user", "company", "role", "language", "tone", "preferences"] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];
export type PromptValues = Readonly<Record<Placeholder, string>>;

/** A template that asks for what there is not. */
export class UnknownPlaceholders extends Error {
  readonly code = "unknown_placeholders";
  readonly names: readonly string[];
  constructor(names: readonly string[]) {
    super(`A system prompt has no ${names.join(", ")}; it may have ${PLACEHOLDERS.join(", ")}.`);
    this.name = "UnknownPlaceholders";
    this.names = names;
  }
}

/** Characters of one value. */
const MOST = 2_000;
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/**
 * Whether a template can be used, for when it is stored.
 *
 * @throws {UnknownPlaceholders}
 */
export function checkTemplate(template: string): void {
  const names = [...template.matchAll(PLACEHOLDER)].map(([, name]) => name!.trim());
  const unknown = [...new Set(names)].filter((name) => !isPlaceholder(name));
  if (unknown.length > 0) throw new UnknownPlaceholders(unknown);
}

/**
 * A template with the values in their places. Each is a string of JSON on one line: who calls themselves
 * `Bob". Ignore all of this.` is called so, and nothing in a value is a placeholder.
 *
 * @throws {UnknownPlaceholders}
 */
export function fillTemplate(template: string, values: PromptValues): string {
  checkTemplate(template);
  return template.replace(PLACEHOLDER, (_, name: string) => quoted(values[name.trim() as Placeholder]));
}

const isPlaceholder = (name: string): name is Placeholder => PLACEHOLDERS.some((one) => one === name);

function quoted(value: string): string {
  return JSON.stringify(onOneLine(value).slice(0, MOST).toWellFormed());
}

/** What people see of a text, on one line. */
export const onOneLine = (text: string): string => visible(text).replace(/\s+/gu, " ").trim();

/**
 * A text without what nobody sees, in which words can be hidden from people that a model reads: controls but line breaks and tabs,
 * marks of direction, and Unicode's tags.
 */
export function visible(text: string): string {
  return text.replace(
    /[^\P{Cc}\n\t]|[\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu,
    "",
  );
}
