/** The signed notes of a file in which they stand one after the other: each ends with its last signature line. */
export function notesIn(text: string): string[] {
  const notes: string[] = [];
  let lines: string[] = [];
  for (const line of text.split("\n").slice(0, text.endsWith("\n") ? -1 : undefined)) {
    const signed = lines.at(-1)?.startsWith("\u2014 ");
    if (signed && !line.startsWith("\u2014 ")) {
      notes.push(`${lines.join("\n")}\n`);
      lines = [];
    }
    lines.push(line);
  }
  if (lines.length > 0) notes.push(`${lines.join("\n")}\n`);
  return notes;
}
