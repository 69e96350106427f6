import * as v from "valibot";
import type { PublicAuditKey } from "./audit_key.ts";
import type { SealedEvent } from "./leaf.ts";

/** A file that is no export of the trail, or is not whole. */
export class BadExport extends Error {
  override readonly name = "BadExport";
}

/** The first line of an export. What follows are the tiles of the leaves, each with the events that it is of. */
export interface ExportHeader {
  readonly tenant: string;
  readonly size: number;
  /** Signed notes, the last of which is of all that is in the file. */
  readonly checkpoints: readonly string[];
  readonly keys: readonly PublicAuditKey[];
  /** Those above the leaves. */
  readonly tiles: readonly { readonly level: number; readonly index: number; readonly hashes: Buffer }[];
}

/** What an export says that it is. */
const FORMAT = "rowhouse audit export v1";

const bytes = v.pipe(
  v.string(),
  v.base64(),
  v.transform((text) => Buffer.from(text, "base64")),
);
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const texts = v.record(v.string(), v.string());

const headerShape = v.object({
  format: v.literal(FORMAT),
  tenant: v.pipe(v.string(), v.uuid()),
  size: whole,
  checkpoints: v.array(v.string()),
  keys: v.array(
    v.object({
      id: v.string(),
      origin: v.string(),
      number: whole,
      public_key: bytes,
      endorsement: v.nullable(v.string()),
    }),
  ),
  tiles: v.array(v.object({ level: whole, index: whole, hashes: bytes })),
});
const leafShape = v.union([
  v.strictObject({ tile: bytes }),
  v.strictObject({
    index: whole,
    salt: v.nullable(v.string()),
    fields: texts,
    salts: v.optional(texts),
    commitments: v.optional(texts),
  }),
]);

/** A line with what a machine reads first. */
export function headerLine(header: ExportHeader): string {
  const keys = header.keys.map((key) => ({ ...key, public_key: key.public_key.toString("base64") }));
  const tiles = header.tiles.map((tile) => ({ ...tile, hashes: tile.hashes.toString("base64") }));
  return `${JSON.stringify({ format: FORMAT, ...header, keys, tiles })}\n`;
}

/** The hashes of the leaves that follow. */
export const tileLine = (hashes: Buffer): string =>
  `${JSON.stringify({ tile: hashes.toString("base64") })}\n`;

export const eventLine = (index: number, event: SealedEvent): string =>
  `${JSON.stringify({ index, ...event })}\n`;

/** @throws {BadExport} */
export function readHeader(line: string): ExportHeader {
  return shaped(headerShape, line, "its first line is not that of an export of the trail");
}

/** @throws {BadExport} */
export function readLeaf(
  line: string,
): { readonly tile: Buffer } | { readonly index: number; readonly event: SealedEvent } {
  const read = shaped(leafShape, line, "a line is neither an event nor hashes");
  if ("tile" in read) return read;
  const { index, salt, fields, salts, commitments } = read;
  return { index, event: { fields, salt, ...(salts && { salts }), ...(commitments && { commitments }) } };
}

function shaped<Shape extends v.GenericSchema>(
  shape: Shape,
  line: string,
  otherwise: string,
): v.InferOutput<Shape> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new BadExport(otherwise, { cause });
  }
  const read = v.safeParse(shape, value);
  if (!read.success) throw new BadExport(`${otherwise}: ${read.issues[0].message}`);
  return read.output;
}
