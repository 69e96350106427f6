/**
 * The members of a JSON object, in the order in which they stand: their names, and their values as the text that stands
 * there. Parsing would lose it: 12.50 is not 12.5 here, and numbers may be longer than JavaScript's.
 *
 * @param text an object as PostgreSQL writes jsonb
 */
export function membersOf(text: string): [name: string, value: string][] {
  const members: [string, string][] = [];
  let at = 1;
  while (text[at] === '"') {
    const nameEnds = endOfString(text, at);
    const name = JSON.parse(text.slice(at, nameEnds)) as string;
    // A colon and a space.
    const valueBegins = nameEnds + 2;
    at = endOfValue(text, valueBegins);
    members.push([name, text.slice(valueBegins, at)]);
    // A comma and a space, or the last brace.
    at += 2;
  }
  return members;
}

/** The place behind the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); ; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (text[quote - 1 - escapes] === "\\") escapes += 1;
    if (escapes % 2 === 0) return quote + 1;
  }
}

/** The place behind the value that begins at `at`, whatever it holds. */
function endOfValue(text: string, begins: number): number {
  let depth = 0;
  for (let at = begins; ; ) {
    const letter = text[at];
    if (letter === '"') {
      at = endOfString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (letter === "{" || letter === "[") depth += 1;
    else if (letter === "}" || letter === "]") {
      // The brace of the object itself ends a number, true, false or null.
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (letter === "," && depth === 0) return at;
    else if (letter === undefined) throw new SyntaxError("an object that ends too early");
    at += 1;
  }
}
