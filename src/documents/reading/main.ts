import { Worker } from "node:worker_threads";
import { chunkText } from "../chunk_text.ts";
import { FileRefused } from "../file_refused.ts";
import type { Answer, Order } from "./order.ts";
import { readFile } from "./read_file.ts";
import { giveUpNetwork } from "./without_network.ts";

const LONGEST_LINE = 16_384;

/** The whole life of a process that reads one file (`extractText` starts it): an order and bytes in, an answer out. */
if (import.meta.main) {
  giveUpNetwork();
  // Libraries talk about what they read; it may be anybody's.
  for (const name of ["log", "info", "warn", "error", "debug"] as const) console[name] = () => {};
  const { order, bytes } = await receive();
  const answer = await answerTo(order, bytes);
  process.stdout.end(JSON.stringify(answer), () => process.exit(0));
}

/** The order, and the bytes; null where there are more of them than the order allows, of which the rest is not read. */
async function receive(): Promise<{ order: Order; bytes: Uint8Array | null }> {
  let order: Order | null = null;
  let line = Buffer.alloc(0);
  const pieces: Buffer[] = [];
  let left = 0;
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    let rest = piece;
    if (order === null) {
      line = Buffer.concat([line, piece]);
      const end = line.indexOf(10);
      if (end === -1 && line.length <= LONGEST_LINE) continue;
      order = JSON.parse(line.toString("utf8", 0, end)) as Order;
      watch(order);
      left = order.limits.maxBytes;
      rest = line.subarray(end + 1);
    }
    left -= rest.length;
    if (left < 0) return { order, bytes: null };
    pieces.push(rest);
  }
  if (order === null) throw new Error("there was no order");
  return { order, bytes: joined(pieces) };
}

/** Bytes with a buffer of their own: pdf.js refuses those of Node's pool. */
function joined(pieces: readonly Buffer[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function watch({ limits, parent }: Order): void {
  const workerData = { memory: limits.memory * 2 ** 20, timeout: limits.timeout + 1_000, parent };
  new Worker(new URL("./watch.ts", import.meta.url), { workerData, env: {} }).unref();
}

async function answerTo(order: Order, bytes: Uint8Array | null): Promise<Answer> {
  try {
    if (bytes === null) {
      throw new FileRefused("file_too_large", `The file is larger than ${order.limits.maxBytes} bytes.`);
    }
    const extracted = await readFile(bytes, order);
    const chunks = chunkText(extracted, order.chunkSizes).map(({ text: _, ...chunk }) => chunk);
    return { extracted, chunks };
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    return { refused: error.code, message: error.message };
  }
}
