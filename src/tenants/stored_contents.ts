import { randomUUID } from "node:crypto";
import type pg from "pg";
import { inPieces } from "../documents/storage/in_pieces.ts";
import type { ObjectStorage } from "../documents/storage/object_storage.ts";
import { storedBytes } from "../documents/storage/stored_bytes.ts";

/** Tables of an archive, as SQL names them. */
export const VERSIONS = "app.document_versions";
export const CONTENTS = "app.document_contents";

/** Bytes of a piece, as context.keep_pieces() cuts them. */
const PIECE = 1_048_576;

interface Stored {
  readonly document_id: string;
  readonly version: number;
  readonly visibility: string;
  readonly team_id: string | null;
  readonly user_id: string;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** How many rows the bytes of a tenant's documents are that are in the object storage. */
export async function countStored(client: Pick<pg.Client, "query">, tenantId: string): Promise<number> {
  const { rows } = await client.query<{ pieces: string }>(
    `select coalesce(sum((size_bytes + ${PIECE - 1}) / ${PIECE}), 0) as pieces
     from app.document_versions where tenant_id = $1 and object_key is not null`,
    [tenantId],
  );
  return Number(rows[0]!.pieces);
}

/**
 * The bytes of a tenant's documents that are in the object storage, as rows of {@link CONTENTS}: an archive is whole by itself, and
 * whoever brings it in needs no storage.
 *
 * @throws {ContentCorrupt} {@link StorageUnavailable}
 */
export async function* storedContents(
  client: Pick<pg.Client, "query">,
  tenantId: string,
  objects: ObjectStorage | null,
): AsyncGenerator<string, void> {
  const { rows } = await client.query<Stored>(
    `select document_id, version, visibility, team_id, user_id, object_key as key, size_bytes as bytes, sha256
     from app.document_versions where tenant_id = $1 and object_key is not null order by id`,
    [tenantId],
  );
  for (const { key, bytes, sha256, ...place } of rows) {
    let piece = 0;
    for await (const content of inPieces(storedBytes(objects, key, { bytes, sha256 }), PIECE)) {
      piece += 1;
      yield JSON.stringify({
        tenant_id: tenantId,
        id: randomUUID(),
        ...place,
        piece,
        content: `\\x${content.toString("hex")}`,
      });
    }
  }
}
