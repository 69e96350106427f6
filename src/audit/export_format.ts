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
/** What one says that is a part of the trail, or that proves the lines of another file. */
const PROOF = "rowhouse audit proof v1";

/** The first line of a part, or of what proves another file. */
export interface ProofHeader extends ExportHeader {
  readonly part: Part;
}

/** Which leaves are exported. */
export interface Part {
  /** Those behind this one; -1: from the first on. */
  readonly after: number;
  /** Those of events since then, and before then (RFC 3339); null: of any time. */
  readonly from: string | null;
  readonly to: string | null;
  /** The first and the last of them, and how many they are; null where there is none. */
  readonly first: number | null;
  readonly last: number | null;
  readonly events: number;
}

const bytes = v.pipe(
  v.string(),
  v.base64(),
  v.transform((text) => Buffer.from(text, "base64")),
);
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const texts = v.record(v.string(), v.string());

const header = {
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
};
const headerShape = v.object({ format: v.literal(FORMAT), ...header });
const proofShape = v.object({
  format: v.literal(PROOF),
  ...header,
  part: v.object({
    after: v.pipe(v.number(), v.safeInteger(), v.minValue(-1)),
    from: v.nullable(v.string()),
    to: v.nullable(v.string()),
    first: v.nullable(whole),
    last: v.nullable(whole),
    events: whole,
  }),
});
const leafShape = v.union([
  v.strictObject({ tile: bytes, number: v.optional(whole) }),
  v.strictObject({
    index: whole,
    salt: v.nullable(v.string()),
    fields: texts,
    salts: v.optional(texts),
    commitments: v.optional(texts),
  }),
]);

/** A line with what a machine reads first. */
export function headerLine(header: ExportHeader | ProofHeader): string {
  const keys = header.keys.map((key) => ({ ...key, public_key: key.public_key.toString("base64") }));
  const tiles = header.tiles.map((tile) => ({ ...tile, hashes: tile.hashes.toString("base64") }));
  const format = "part" in header ? PROOF : FORMAT;
  return `${JSON.stringify({ format, ...header, keys, tiles })}\n`;
}

/** The hashes of the leaves that follow. @param number which tile it is, where not all of them are there */
export const tileLine = (hashes: Buffer, number?: number): string =>
  `${JSON.stringify({ tile: hashes.toString("base64"), number })}\n`;

export const eventLine = (index: number, event: SealedEvent): string =>
  `${JSON.stringify({ index, ...event })}\n`;

/** @throws {BadExport} */
export function readHeader(line: string): ExportHeader | ProofHeader {
  return shaped(
    v.union([headerShape, proofShape]),
    line,
    "its first line is not that of an export of the trail",
  );
}

/** @throws {BadExport} */
export function readLeaf(
  line: string,
):
  | { readonly tile: Buffer; readonly number?: number | undefined }
  | { readonly index: number; readonly event: SealedEvent } {
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
