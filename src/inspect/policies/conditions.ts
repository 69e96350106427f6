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
  const tighter = implies(after, before);
  const looser = implies(before, after);
  if (tighter && looser) return "same";
  return tighter ? "tighter" : looser ? "looser" : "unclear";
}

/** Whether one condition cannot be true without the other, as far as the form of both tells. See inspect.implies(). */
function implies(one: string, other: string): boolean {
  if (askedOnce(one) === askedOnce(other) || constant(other) === true || constant(one) === false) return true;
  // Whatever equals something is not null.
  const [, known] = /^(\S+) (?:IS NOT NULL|= \1)$/.exec(unwrap(other)) ?? [];
  if (known !== undefined && unwrap(one).startsWith(`${known} = `)) return true;
  const [mine, theirs] = [splitConditions(one), splitConditions(other)];
  if (theirs.connective === "AND") return theirs.parts.every((part) => implies(one, part));
  if (mine.connective === "OR") return mine.parts.every((part) => implies(part, other));
  if (theirs.connective === "OR" && theirs.parts.some((part) => implies(one, part))) return true;
  return mine.connective === "AND" && mine.parts.some((part) => implies(part, other));
}

/** An expression in which every call stands by itself: asked once for a query or for every row, it says the same. */
function askedOnce(expression: string): string {
  const text = unwrap(expression).replaceAll(/\s+/g, " ");
  return text.replaceAll(
    /\( ?select ((?:"[^"]+"|[\w.])+\((?:[^()']|'(?:[^']|'')*')*\))(?: AS (?:"[^"]+"|\w+))?\)/gi,
    "$1",
  );
}

/** What a condition says of every row; undefined where it depends. */
function constant(expression: string): boolean | undefined {
  const text = unwrap(expression).toLowerCase();
  if (text === "true" || /^(\d+) = \1$/.test(text)) return true;
  return text === "false" ? false : undefined;
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
