import { CSV_HEADER, csvLine, isWholeRecord, readCsvRecord } from "./csv.ts";
import { noLosses } from "./expiry.ts";
import { BadExport, eventLine, type ProofHeader, readHeader, readLeaf } from "./export_format.ts";
import { leafHash, leafText, type SealedEvent } from "./leaf.ts";
import { linesOf } from "./lines_of.ts";
import { rootOf } from "./merkle.ts";
import { ocsfLine } from "./ocsf/line.ts";
import { hashIn, TILE } from "./tree_source.ts";
import { inOrder, ownProblems, type Trust, trustedCheckpoints, type Verdict } from "./verify_tree.ts";

/** What a line claims: the event of a leaf, and whether the line says what that event says. */
interface ClaimedLine {
  readonly index: number;
  readonly event: SealedEvent;
  readonly faithful: boolean;
}
/** The hashes of a tile of leaves. */
interface ProvenTile {
  readonly number: number;
  readonly hashes: Buffer;
}
export type PartItem = ProvenTile | ClaimedLine;

/**
 * Verifies lines of another form, or a part of our own, with what proves them: the checkpoint's signature, that the hashes lead to
 * it, that each line is the leaf that it says it is, and where the part is all behind one leaf, that none is left out.
 *
 * @throws {BadExport}
 */
export async function verifyPart(
  header: ProofHeader,
  items: AsyncIterable<PartItem>,
  trust: Trust,
  onLeaf: (done: number, total: number) => void = () => {},
): Promise<Verdict> {
  const { tenant, size, part } = header;
  const { problems, note } = ownProblems(tenant);
  const checkpoints = trustedCheckpoints(header, trust, note);
  const aboveLeaves = header.tiles
    .filter(({ level }) => level === 1)
    .flatMap(({ hashes }) => hashesIn(hashes));
  const lastTile = header.tiles.find(({ level, index }) => level === 0 && index === Math.floor(size / TILE));
  const tops = [...aboveLeaves, ...(lastTile ? [rootOf(hashesIn(lastTile.hashes))] : [])];
  const signed = checkpoints.filter((checkpoint) => checkpoint.size === size);
  const leads = tops.length === Math.ceil(size / TILE) && tops.length > 0;
  const isSigned = signed.length > 0 && leads && signed.every(({ root }) => root.equals(rootOf(tops)));
  if (!isSigned) note({ code: "root_mismatch", leaf: 0, lastLeaf: size - 1 });

  const losses = noLosses();
  const whole = part.from === null && part.to === null;
  let [tile, before, events]: [ProvenTile | null, number, number] = [null, part.after, 0];
  for await (const item of items) {
    if ("hashes" in item) {
      tile = item;
      const top = tops[item.number];
      if (!top?.equals(rootOf(hashesIn(item.hashes))))
        note({ code: "tile_altered", leaf: item.number * TILE, lastLeaf: item.number * TILE + TILE - 1 });
      continue;
    }
    const { index, event, faithful } = item;
    const eventId = event.fields.id ? (JSON.parse(event.fields.id) as string) : null;
    if (index <= before || index >= size)
      throw new BadExport(`the line of leaf ${index} is not in its place`);
    if (whole)
      for (let gone = before + 1; gone < index; gone += 1)
        losses.missing({ index: gone, eventId: null, hash: null, event: null });
    const hash = tile?.number === Math.floor(index / TILE) ? hashIn(tile.hashes, index % TILE) : null;
    if (hash === null)
      note({ code: "leaf_missing", leaf: index, eventId, detail: "the proof has no hash of it" });
    else if (!leafHash(leafText(event)).equals(hash)) note({ code: "event_altered", leaf: index, eventId });
    else if (isIn(part, event)) losses.present(index, event);
    else note({ code: "event_inserted", leaf: index, eventId, detail: "of another time" });
    if (!faithful) note({ code: "line_altered", leaf: index, eventId });
    before = index;
    events += 1;
    onLeaf(events, part.events);
  }
  if (whole && part.last !== null && before < part.last) {
    note({ code: "leaf_missing", leaf: before + 1, lastLeaf: part.last });
  } else if (!whole && events < part.events) {
    const detail = `${part.events - events} of ${part.events} events`;
    note({ code: "leaf_missing", leaf: part.first ?? 0, lastLeaf: part.last ?? 0, detail });
  }
  const signedSize = isSigned ? size : 0;
  const { expired, problems: missing } = losses.judge(signedSize);
  // A line that is not there is a leaf that is not there: nothing else of it was to be.
  for (const problem of missing) note({ ...problem, code: "leaf_missing" });
  return {
    tenant,
    size,
    signed: signedSize,
    expired,
    problems: inOrder(problems),
    part: { ...part, events },
  };
}

/**
 * The lines of one file with the hashes of another: what `rowhouse audit export` wrote as CSV or OCSF, and the proof beside it.
 *
 * @throws {BadExport}
 */
export async function verifyLines(
  path: string,
  proofPath: string,
  trust: Trust,
  onLeaf?: (done: number, total: number) => void,
): Promise<Verdict> {
  const proof = linesOf(proofPath);
  const first = await proof.next();
  if (first.done) throw new BadExport(`${proofPath} is empty`);
  const header = readHeader(first.value);
  if (!("part" in header)) throw new BadExport(`${proofPath} is an export itself, and proves no other file`);
  return verifyPart(header, merged(claimedIn(path), proof), trust, onLeaf);
}

/** Each line behind the tile that it is in. */
async function* merged(
  claimed: AsyncIterable<ClaimedLine>,
  proof: AsyncGenerator<string, void>,
): AsyncGenerator<PartItem, void> {
  let number = -1;
  for await (const line of claimed) {
    while (number < Math.floor(line.index / TILE)) {
      const next = await proof.next();
      if (next.done) break;
      const read = readLeaf(next.value);
      if (!("tile" in read) || read.number === undefined)
        throw new BadExport("a line of the proof is no hashes");
      number = read.number;
      yield { number, hashes: read.tile };
    }
    yield line;
  }
}

/** Characters of a line beyond which quotes do not end. */
const LONGEST = 16 * 2 ** 20;

async function* claimedIn(path: string): AsyncGenerator<ClaimedLine, void> {
  let [asCsv, begun, first] = [false, "", true];
  for await (const line of linesOf(path)) {
    if (first) {
      first = false;
      asCsv = `${line}\n` === CSV_HEADER;
      if (asCsv) continue;
      if (!line.startsWith("{"))
        throw new BadExport("its first line is neither that of an export nor the columns of one");
    }
    if (!asCsv) {
      yield fromOcsf(line);
      continue;
    }
    begun += begun === "" ? line : `\n${line}`;
    if (begun.length > LONGEST) throw new BadExport("a line is longer than any event");
    if (!isWholeRecord(begun)) continue;
    yield fromCsv(begun);
    begun = "";
  }
  if (begun !== "") throw new BadExport("the file ends within a line");
}

function fromCsv(record: string): ClaimedLine {
  if (!record.endsWith("\r")) throw new BadExport("a line does not end as one of ours does");
  const { index, event, leaf } = readCsvRecord(record.slice(0, -1));
  const again = csvLine(index, event, Buffer.from(leaf ?? "", "base64"));
  return {
    index,
    event,
    faithful: again === `${record}\n` && leaf === leafHash(leafText(event)).toString("base64"),
  };
}

function fromOcsf(line: string): ClaimedLine {
  const told = asJson(line) as { raw_data?: unknown; metadata?: { sequence?: unknown } } | null;
  if (typeof told?.raw_data !== "string") throw new BadExport("a line of OCSF has no raw_data");
  const read = readLeaf(told.raw_data);
  if (!("event" in read)) throw new BadExport("the raw_data of a line is no event");
  const { index, event } = read;
  const again = ocsfLine(index, event, eventLine(index, event).trimEnd());
  return { index, event, faithful: again === `${line}\n` };
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new BadExport("a line is no JSON", { cause });
  }
}

/** Whether an event is of the time that was asked for. */
function isIn({ from, to }: ProofHeader["part"], { fields }: SealedEvent): boolean {
  const at = fields.at ? String(JSON.parse(fields.at)) : "";
  return (from === null || at >= from) && (to === null || at < to);
}

const hashesIn = (hashes: Buffer): Buffer[] =>
  Array.from({ length: Math.floor(hashes.length / 32) }, (_, place) =>
    hashes.subarray(place * 32, (place + 1) * 32),
  );
