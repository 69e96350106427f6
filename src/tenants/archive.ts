import { createHash, type Hash } from "node:crypto";

/** What this version writes, and the newest that it reads. */
export const ARCHIVE_VERSION = 1;
const FORMAT = "rowhouse-tenant";

/** The first line: whose archive it is, and which columns of which tables follow. */
export interface Header {
  readonly format: string;
  readonly version: number;
  readonly exportedAt: string;
  readonly tenant: { readonly id: string; readonly slug: string; readonly name: string };
  /** Columns by table, in the order of the archive: a table comes after all that it refers to. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

/** The last line: what there is before it, so that an archive that was cut or damaged is known as one. */
export interface Footer {
  readonly counts: Readonly<Record<string, number>>;
  /** Over all bytes before this line. */
  readonly sha256: string;
}

/** An archive that cannot be taken as it is; the message says why. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** The lines of an archive are joined from parts: a row is the database's own JSON, which no number passes on the way. */
export const headerLine = (header: Omit<Header, "format" | "version">): string =>
  `${JSON.stringify({ format: FORMAT, version: ARCHIVE_VERSION, ...header })}\n`;
export const rowLine = (table: string, row: string): string =>
  `{"table":${JSON.stringify(table)},"row":${row}}\n`;
export const footerLine = (footer: Footer): string => `${JSON.stringify(footer)}\n`;

/** Bytes. The longest value of PostgreSQL's has a gigabyte; a row of an archive is to fit into memory. */
const LONGEST_LINE = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/** A line that was read: its number, and its bytes with the newline. */
interface RawLine {
  readonly number: number;
  readonly bytes: Buffer;
}

async function* rawLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<RawLine> {
  let number = 1;
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end + 1));
      yield { number, bytes: Buffer.concat(parts) };
      number += 1;
      parts = [];
      length = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > LONGEST_LINE) throw new ArchiveError(`line ${number} is longer than ${LONGEST_LINE} bytes`);
  }
  if (length > 0) throw new ArchiveError(`it ends in the middle of line ${number}: it was cut`);
}

/** A row of an archive, as the text that the database is given, and its table. */
export interface ArchivedRow {
  readonly table: string;
  readonly line: string;
}

/** What is read: the header, then each row; the end only if the archive is whole. */
export type Part =
  | { readonly kind: "header"; readonly header: Header }
  | { readonly kind: "row"; readonly row: ArchivedRow };

/**
 * Reads an archive from its beginning to its end, a line at a time.
 *
 * @throws {ArchiveError} if it is no archive, of a newer version, cut, or not as it was written
 */
export async function* readArchive(chunks: AsyncIterable<Buffer>): AsyncGenerator<Part> {
  const hash = createHash("sha256");
  const counts: Record<string, number> = {};
  let header: Header | null = null;
  // The last line is the one after which nothing comes, and is not part of what it sums up.
  let held: RawLine | null = null;
  for await (const line of rawLines(chunks)) {
    if (held !== null) yield take(held);
    held = line;
  }
  if (held === null || header === null)
    throw new ArchiveError("it is empty, or has one line only: it was cut");
  checkFooter(held, counts, hash);

  function take({ number, bytes }: RawLine): Part {
    hash.update(bytes);
    const line = textOf(bytes, number);
    const value = objectIn(line, number);
    if (header === null) {
      header = headerOf(value);
      for (const table of Object.keys(header.tables)) counts[table] = 0;
      return { kind: "header", header };
    }
    const { table, row } = value;
    if (typeof table !== "string" || !Object.hasOwn(header.tables, table) || !isObject(row)) {
      throw new ArchiveError(`line ${number} is no row of a table that the first line names`);
    }
    counts[table]! += 1;
    return { kind: "row", row: { table, line } };
  }
}

function checkFooter({ number, bytes }: RawLine, counts: Record<string, number>, hash: Hash): void {
  const { counts: said, sha256 } = objectIn(textOf(bytes, number), number);
  if (!isObject(said) || typeof sha256 !== "string") {
    throw new ArchiveError("it has no last line with counts and sha256: it was cut");
  }
  const tables = new Set([...Object.keys(counts), ...Object.keys(said)]);
  const differs = [...tables].find((table) => counts[table] !== said[table]);
  if (differs !== undefined) {
    throw new ArchiveError(
      `it has ${counts[differs] ?? 0} rows of ${differs}, and its last line says ${String(said[differs])}`,
    );
  }
  if (hash.digest("hex") !== sha256) {
    throw new ArchiveError("its sha256 is not the one that its last line says: it was changed or damaged");
  }
}

function headerOf(value: Record<string, unknown>): Header {
  if (value.format !== FORMAT || !Number.isInteger(value.version)) {
    throw new ArchiveError("it is no archive of a tenant");
  }
  if ((value.version as number) > ARCHIVE_VERSION) {
    throw new ArchiveError(
      `it has version ${value.version}, and this Rowhouse reads up to version ${ARCHIVE_VERSION}: update it`,
    );
  }
  const { tenant, tables } = value;
  const isWhole =
    isObject(tenant) &&
    [tenant.id, tenant.slug, tenant.name].every((part) => typeof part === "string") &&
    isObject(tables) &&
    Object.values(tables).every(
      (columns) => Array.isArray(columns) && columns.every((column) => typeof column === "string"),
    );
  if (!isWhole)
    throw new ArchiveError("its first line does not say whose archive it is, and of which tables");
  return value as unknown as Header;
}

function textOf(bytes: Buffer, number: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ArchiveError(`line ${number} is not UTF-8`);
  }
}

function objectIn(line: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (isObject(value)) return value;
  } catch {
    // Told below, without quoting what people wrote.
  }
  throw new ArchiveError(`line ${number} is no JSON object`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
