import type pg from "pg";
import type { Caller } from "../database/caller.ts";
import { inPieces } from "../documents/storage/in_pieces.ts";
import type { ObjectStorage } from "../documents/storage/object_storage.ts";
import { storedBytes } from "../documents/storage/stored_bytes.ts";
import { askingOne } from "./one_row.ts";

/** The parts of an export, in the order in which the database hands them out; `profile` is one item, the others are lists. */
export const EXPORT_PARTS = [
  "profile",
  "memberships",
  "teams",
  "grants",
  "invitations",
  "supportAccesses",
  "sessions",
  "identities",
  "secondFactors",
  "passkeys",
  "apiKeys",
  "preferences",
  "events",
  "conversations",
  "messages",
  "shareLinks",
  "documents",
  "documentContents",
  "profiles",
  "memories",
  "feedback",
  "usage",
] as const;

export interface ExportItem {
  readonly part: (typeof EXPORT_PARTS)[number];
  readonly item: unknown;
}

export interface AccountExport {
  /** Whether they may, which is in the trail then. The outcome: ok, throttled, step_up_required, or why the session will not do. */
  begin(caller: Caller): Promise<{ outcome: string; retryAfter: number | null }>;
  /** All that is the caller's own, a batch at a time, as of one moment. Whoever stops early lets go of the connection. */
  batches(caller: Caller): AsyncGenerator<readonly ExportItem[], void>;
}

/** Rows in hand at a time; a message has 32,000 characters at most, a piece of a document 64 KiB. */
const BATCH = 100;
/** Milliseconds in which a batch has to be taken: the connection that waits meanwhile is one that signs people in. */
const PATIENCE = 30_000;

/** @param auth connected as rowhouse_auth @param objects what has the bytes of documents that are not in the database */
export function openAccountExport(
  auth: pg.Pool,
  objects: ObjectStorage | null = null,
  patience = PATIENCE,
): AccountExport {
  const one = askingOne(auth);
  return {
    begin({ credential, facts }) {
      return one(
        "begin_export",
        `select outcome, retry_after as "retryAfter" from auth.begin_export($1, $2)`,
        [credential, facts],
      );
    },
    async *batches({ credential, facts }) {
      const client = await auth.connect();
      const letGo = once((broken: boolean) => client.release(broken));
      try {
        await client.query("begin isolation level repeatable read");
        const enter = (): Promise<unknown> =>
          client.query({
            name: "enter_export",
            text: "select auth.enter_export($1, $2)",
            values: [credential, facts],
          });
        await enter();
        await client.query("declare own no scroll cursor for select auth.export_account() as row");
        for (;;) {
          const { rows } = await client.query<{ row: ExportItem }>(`fetch ${BATCH} from own`);
          if (rows.length === 0) break;
          for await (const batch of filled(rows, objects)) {
            const impatience = setTimeout(letGo, patience, true);
            yield batch;
            clearTimeout(impatience);
            if (letGo.done) throw new Error("nobody took the export for too long");
            await enter();
          }
        }
        await client.query("commit");
        letGo(false);
      } finally {
        // What was broken off leaves its transaction to the end of its connection.
        letGo(true);
      }
    },
  };
}

/** Of a version that is in the object storage, the database says where. */
interface StoredVersion {
  readonly document: string;
  readonly version: number;
  readonly objectKey: string;
  readonly bytes: number;
  readonly sha256: string;
}
/** Bytes of a piece of a document, as the database cuts those that it has. */
const PIECE = 65_536;

/** The items as they are, with the bytes of those versions whose place the database names. */
async function* filled(
  rows: readonly { readonly row: ExportItem }[],
  objects: ObjectStorage | null,
): AsyncGenerator<readonly ExportItem[], void> {
  let batch: ExportItem[] = [];
  for (const { row } of rows) {
    const stored = row.item as StoredVersion;
    if (row.part !== "documentContents" || stored.objectKey === undefined) {
      batch.push(row);
      continue;
    }
    let number = 0;
    for await (const bytes of inPieces(storedBytes(objects, stored.objectKey, stored), PIECE)) {
      number += 1;
      const { document, version } = stored;
      batch.push({
        part: "documentContents",
        item: { document, version, piece: number, base64: bytes.toString("base64") },
      });
      if (batch.length === BATCH) {
        yield batch;
        batch = [];
      }
    }
  }
  if (batch.length > 0) yield batch;
}

interface Once<Argument> {
  (argument: Argument): void;
  readonly done: boolean;
}

/** The same, but for all calls after the first. */
function once<Argument>(work: (argument: Argument) => void): Once<Argument> {
  const only = (argument: Argument): void => {
    if (only.done) return;
    only.done = true;
    work(argument);
  };
  only.done = false;
  return only;
}
