import { eventOf, JSONS, OBJECTS, type Row, TEXTS } from "./event_columns.ts";
import { BadExport } from "./export_format.ts";
import type { SealedEvent } from "./leaf.ts";

/** The columns: those of audit.events, and around them which leaf it is and what its hash is made with. */
export const CSV_COLUMNS = ["index", ...TEXTS, ...JSONS, ...OBJECTS, "salt", "erased", "leaf"] as const;

/** What a spreadsheet would compute where a cell begins with it, and the mark that we put before it. */
const COMPUTED = /^[=+\-@\t\r\n']/;

export const CSV_HEADER = `${CSV_COLUMNS.join(",")}\r\n`;

/** An event as a line (RFC 4180), from which its leaf can be made again: a null is nothing, an empty text is `""`. */
export function csvLine(index: number, event: SealedEvent, hash: Buffer): string {
  const { fields, salt, salts, commitments } = event;
  const text = (name: string): string | null =>
    fields[name] === undefined ? null : (JSON.parse(fields[name]) as string);
  const cells = [
    String(index),
    ...TEXTS.map(text),
    ...JSONS.map((name) => fields[name] ?? null),
    ...objectsOf(fields),
    salt,
    salts || commitments ? JSON.stringify({ salts, commitments }) : null,
    hash.toString("base64"),
  ];
  return `${cells.map(cell).join(",")}\r\n`;
}

function cell(value: string | null): string {
  if (value === null) return "";
  const marked = COMPUTED.test(value) ? `'${value}` : value;
  return marked === "" || /[",\r\n]/.test(marked) ? `"${marked.replaceAll('"', '""')}"` : marked;
}

/**
 * What a record says of which leaf.
 *
 * @throws {BadExport}
 */
export function readCsvRecord(record: string): {
  readonly index: number;
  readonly event: SealedEvent;
  readonly leaf: string | null;
} {
  const cells = cellsOf(record);
  if (cells.length !== CSV_COLUMNS.length)
    throw new BadExport("a line has more cells than columns, or fewer");
  const index = indexIn(cells[0]);
  const [salt, erased, leaf] = cells.slice(-3) as [string | null, string | null, string | null];
  try {
    const kept = erased === null ? undefined : (JSON.parse(erased) as Parameters<typeof eventOf>[1]);
    // As the database gives them: what is before them is the leaf.
    const row: Row = [String(index), null, salt, null, null, ...cells.slice(1, -3)];
    return { index, event: eventOf(row, kept), leaf };
  } catch (cause) {
    throw new BadExport(`the line of leaf ${index} holds what is no JSON`, { cause });
  }
}

/** Which leaf a record is of. @throws {BadExport} */
export function indexIn(first: string | null | undefined): number {
  if (!/^(0|[1-9]\d{0,15})$/.test(first ?? ""))
    throw new BadExport("a line does not begin with the index of a leaf");
  return Number(first);
}

/** Whether a text is records, and no part of one: a line break between quotes ends none. */
export const isWholeRecord = (text: string): boolean => (text.split('"').length - 1) % 2 === 0;

function cellsOf(record: string): (string | null)[] {
  const cells: (string | null)[] = [];
  for (let at = 0; at <= record.length; ) {
    let value: string | null;
    if (record[at] === '"') {
      let end = at + 1;
      while (record[end] !== '"' || record[end + 1] === '"') {
        if (end >= record.length)
          throw new BadExport("a cell that begins with quotes does not end with them");
        end += record[end] === '"' ? 2 : 1;
      }
      value = record.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
      if (at < record.length && record[at] !== ",")
        throw new BadExport("something follows the quotes of a cell");
    } else {
      const comma = record.indexOf(",", at);
      const end = comma === -1 ? record.length : comma;
      value = end === at ? null : record.slice(at, end);
      at = end;
    }
    cells.push(value?.startsWith("'") ? value.slice(1) : value);
    at += 1;
  }
  return cells;
}

/** The rows and the detail as PostgreSQL writes jsonb, put together from their members. */
function objectsOf(fields: SealedEvent["fields"]): (string | null)[] {
  const members = new Map<string, [name: string, value: string][]>(OBJECTS.map((name) => [name, []]));
  for (const [name, value] of Object.entries(fields)) {
    const dot = name.indexOf(".");
    if (dot === -1) continue;
    const [object, member] = [name.slice(0, dot), name.slice(dot + 1)];
    if (object === "row") for (const row of ["old_row", "new_row"]) members.get(row)!.push([member, value]);
    else members.get(object)?.push([member, value]);
  }
  return OBJECTS.map((name) => {
    const own = members.get(name)!;
    if (own.length === 0) return fields[name] ?? null;
    const inOrder = own.map(([member, value]) => ({ bytes: Buffer.from(member), member, value }));
    inOrder.sort(
      (one, other) => one.bytes.length - other.bytes.length || Buffer.compare(one.bytes, other.bytes),
    );
    return `{${inOrder.map(({ member, value }) => `${JSON.stringify(member)}: ${value}`).join(", ")}}`;
  });
}
