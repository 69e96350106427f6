import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import type pg from "pg";
import { withTemporaryFile } from "../temporary_file.ts";
import { ContentCorrupt, type ObjectStorage } from "./object_storage.ts";
import { storedBytes } from "./stored_bytes.ts";
import { verified } from "./verified.ts";

/** What jobs.version_to_move() tells of one. */
interface Version {
  readonly tenant: string;
  readonly id: string;
  readonly object_key: string | null;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly remaining: string;
}

export interface MoveNews {
  readonly onProgress?: (done: number, total: number) => void;
  /** Of one whose bytes are not what was brought, which is passed over. */
  readonly onFailure?: (version: string, why: string) => void;
}

/**
 * Takes the bytes of each version there, compares them on the way, and only then says that they are there: whatever is broken off, each
 * is whole in one of the two places. A version that goes, or that somebody else moves, meanwhile is none of ours any more.
 *
 * @param database as rowhouse_worker
 * @throws {StorageUnavailable} and what the database throws: run again, it goes on with what is left
 */
export async function moveVersions(
  database: Pick<pg.Client, "query">,
  objects: ObjectStorage,
  to: "s3" | "postgres",
  { onProgress, onFailure }: MoveNews = {},
): Promise<{ readonly moved: number; readonly left: number }> {
  let moved = 0;
  let left = 0;
  let passed: [string, string] | [] = [];
  for (;;) {
    const version = await next(passed);
    if (version === undefined) return { moved, left };
    try {
      if (await (to === "s3" ? toStorage(version) : toDatabase(version))) moved += 1;
    } catch (error) {
      if (!(error instanceof ContentCorrupt)) throw error;
      left += 1;
      onFailure?.(version.id, error.message);
    }
    passed = [version.tenant, version.id];
    onProgress?.(moved + left, moved + left + Number(version.remaining) - 1);
  }

  async function next(after: readonly string[]): Promise<Version | undefined> {
    const places = after.map((_, place) => `, $${place + 2}`).join("");
    const { rows } = await database.query<Version>(`select * from jobs.version_to_move($1${places})`, [
      to === "s3",
      ...after,
    ]);
    return rows[0];
  }

  function toStorage(version: Version): Promise<boolean> {
    return withTemporaryFile(async ({ path, append }) => {
      const { tenant, id, size_bytes: bytes, sha256 } = version;
      for await (const piece of verified(piecesOf(version), { bytes, sha256 })) await append(piece);
      const key = await called<string>("select jobs.begin_move($1)", [tenant]);
      await objects.put(key, { path, sha256 });
      return called<boolean>("select jobs.move_to_storage($1, $2, $3)", [tenant, id, key]);
    });
  }

  /** The file is taken into the database in one statement, as one that is brought: this process holds it once. */
  function toDatabase({ tenant, id, object_key: key, size_bytes: bytes, sha256 }: Version): Promise<boolean> {
    return withTemporaryFile(async ({ path, append }) => {
      for await (const piece of storedBytes(objects, key!, { bytes, sha256 })) await append(piece);
      const content = await buffer(createReadStream(path));
      return called<boolean>("select jobs.move_to_database($1, $2, $3, $4)", [tenant, id, key, content]);
    });
  }

  async function* piecesOf({ tenant, id }: Version): AsyncGenerator<Buffer, void> {
    for (let number = 1; ; number += 1) {
      const piece = await called<Buffer | null>("select jobs.read_version($1, $2, $3)", [tenant, id, number]);
      if (piece === null) return;
      yield piece;
    }
  }

  async function called<Value>(text: string, values: readonly unknown[]): Promise<Value> {
    const { rows } = await database.query<[Value]>({ text, values: [...values], rowMode: "array" });
    return rows[0]![0];
  }
}
