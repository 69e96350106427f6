import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { atOneMoment } from "../../audit/at_one_moment.ts";
import { databaseTree } from "../../audit/database_tree.ts";
import { exportTrail } from "../../audit/export_trail.ts";
import type { TreeSource } from "../../audit/tree_source.ts";
import { writeTiles } from "../../audit/write_tiles.ts";
import { CommandError, UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { progressLine } from "../progress_line.ts";
import { asAuditor } from "./as_auditor.ts";
import { sealedTenant } from "./which_tree.ts";

/**
 * `rowhouse audit export TENANT FILE|-` and, with `--tiles`, `TENANT FOLDER`: what can be verified elsewhere, as far as the last
 * checkpoint. A file appears when it is whole.
 */
export async function exportTree(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    database: { type: "string" },
    tiles: { type: "boolean" },
  });
  const [named, path, ...more] = positionals;
  if (named === undefined || path === undefined || more.length > 0) {
    throw new UsageError('"audit export" wants a slug, an id or "platform", and a file, or - for a pipe');
  }
  const progress = progressLine();
  const onLeaf = (done: number, total: number): void => progress(done, total, "events exported");
  await asAuditor(values.database, async (client) => {
    const tenant = await sealedTenant(client, named);
    await atOneMoment(client, async () => {
      const tree = await databaseTree(client, tenant);
      if (values.tiles) console.log(`${await writeTiles(tree, path, onLeaf)} leaves are in ${path}`);
      else if (path === "-") await write(tree, process.stdout, onLeaf);
      else await writeFile(tree, path, onLeaf);
    });
  });
  return 0;
}

type OnLeaf = (done: number, total: number) => void;

function write(tree: TreeSource, to: NodeJS.WritableStream, onLeaf: OnLeaf): Promise<void> {
  return pipeline(Readable.from(exportTrail(tree, onLeaf), { objectMode: false }), to, {
    end: to !== process.stdout,
  });
}

async function writeFile(tree: TreeSource, path: string, onLeaf: OnLeaf): Promise<void> {
  const unfinished = `${path}.unfinished`;
  let events = 0;
  try {
    // Only its owner reads it: it holds what the trail does.
    const file = createWriteStream(unfinished, { flags: "wx", mode: 0o600, flush: true });
    await write(tree, file, (done, total) => {
      events = done;
      onLeaf(done, total);
    });
    await rename(unfinished, path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST")
      throw new CommandError(`${unfinished} is there: another export, or what is left of one`);
    await rm(unfinished, { force: true });
    if (code?.startsWith("E")) throw new CommandError(`cannot write ${path}: ${message}`, { cause: error });
    throw error;
  }
  console.log(`${events} events are in ${path}`);
}
