/** How one condition stands to another: which lets more rows through. */
export type Comparison = "same" | "tighter" | "looser" | "unclear";

/** A condition of the catalogue, taken apart at its outermost AND or OR. */
interface Conditions {
  readonly connective: "AND" | "OR" | null;
  readonly parts: readonly string[];
}

const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|\s+(?:AND|OR)\s+|[^'"()\s]+|\s+/g;

/**
 * Splits an expression as PostgreSQL prints it: every AND and OR stands in parentheses of its own there, so
 * counting parentheses outside literals and quoted names is exact.
 */
export function splitConditions(expression: string): Conditions {
  const parts: string[] = [];
  let connective: Conditions["connective"] = null;
  let depth = 0;
  let part = "";
  for (const [token] of unwrap(expression).matchAll(TOKENS)) {
    const word = token.trim();
    if (depth === 0 && word !== token && (word === "AND" || word === "OR")) {
      connective = word;
      parts.push(unwrap(part));
      part = "";
      continue;
    }
    if (token === "(") depth++;
    if (token === ")") depth--;
    part += token;
  }
  return { connective, parts: [...parts, unwrap(part)] };
}

/** The expression without the parentheses that enclose all of it, its spaces made one. */
function unwrap(expression: string): string {
  let text = expression.trim();
  // The parentheses of a subselect are part of it.
  while (
    text.startsWith("(") &&
    !/^\(\s*(?:select|values|with)\b/i.test(text) &&
    closing(text) === text.length - 1
  ) {
    text = text.slice(1, -1).trim();
  }
  return text;
}

/** Where the parenthesis closes that the text begins with. */
function closing(text: string): number {
  let depth = 0;
  for (const match of text.matchAll(TOKENS)) {
    if (match[0] === "(") depth++;
    if (match[0] === ")" && --depth === 0) return match.index;
  }
  return -1;
}

/**
 * Whether `after` lets fewer rows through than `before` (tighter), more (looser), the same, or whether that cannot be
 * told from the form: then a person has to read it.
 *
 * Exact for what it claims: a AND b is tighter than a, a OR b looser, wherever in the expression that stands (not below
 * NOT or inside a function, which count as one condition).
 */
export function compareConditions(before: string, after: string): Comparison {
  if (unwrap(before) === unwrap(after)) return "same";
  const [one, other] = [unwrap(before).toLowerCase(), unwrap(after).toLowerCase()];
  if (one === "true" || other === "false") return "tighter";
  if (one === "false" || other === "true") return "looser";

  const [old, now] = [splitConditions(before), splitConditions(after)];
  for (const connective of ["AND", "OR"] as const) {
    if ((old.connective ?? connective) !== connective || (now.connective ?? connective) !== connective) {
      // One of them is split by the other connective: as a whole it is one condition of this one.
      if (old.connective !== connective && now.connective !== connective) continue;
    }
    const verdict = compareParts(
      old.connective === connective ? old.parts : [unwrap(before)],
      now.connective === connective ? now.parts : [unwrap(after)],
      connective,
    );
    if (verdict !== "unclear") return verdict;
  }
  return "unclear";
}

/** Compares two lists of conditions that are joined by the same word. */
function compareParts(
  before: readonly string[],
  after: readonly string[],
  connective: "AND" | "OR",
): Comparison {
  const gone = before.filter((part) => !after.includes(part));
  const come = after.filter((part) => !before.includes(part));
  if (gone.length === 0 && come.length === 0) return "same";
  if (gone.length === 0) return connective === "AND" ? "tighter" : "looser";
  if (come.length === 0) return connective === "AND" ? "looser" : "tighter";
  if (gone.length !== 1 || come.length !== 1) return "unclear";
  // AND and OR are monotonous: the whole moves as its one part that changed, unless both are the whole.
  if (before.length === 1 && after.length === 1) return "unclear";
  return compareConditions(gone[0]!, come[0]!);
}

/** The expression as a person would have written it: for reading, not for running. See inspect.tidy(). */
export function tidyExpression(expression: string): string {
  return unwrap(
    expression
      .replaceAll("'::text", "'")
      .replaceAll(
        /\(\s*SELECT ((?:"[^"]+"|[\w.])+\((?:[^()']|'(?:[^']|'')*')*\)) AS (?:"[^"]+"|\w+)\)/g,
        "(select $1)",
      )
      .replaceAll(/\s+/g, " "),
  );
}
