import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type pg from "pg";
import type { Caller } from "../database/caller.ts";
import { inDoor } from "../database/door.ts";
import { oneAtATime } from "../database/transaction.ts";
import { IN_DATABASE, type Storage } from "./storage/open_storage.ts";
import { storedBytes } from "./storage/stored_bytes.ts";

/** Bytes of a piece, as `context.keep_version` cuts them. */
const PIECE = 1_048_576;

/** A file that was received. */
export interface KeptFile {
  readonly path: string;
  readonly bytes: number;
  /** Without folders; null where nobody gave one. */
  readonly name: string | null;
  readonly mediaType: string;
}

/** What is said of a document by who brings it; the database decides whether they may. */
export interface DocumentSaid {
  readonly title: string;
  readonly visibility?: string | undefined;
  readonly teamId?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly language?: string | undefined;
}

/** A document without its content, as `POST /documents` answers it. */
export interface DocumentShown {
  readonly id: string;
  readonly [member: string]: unknown;
}

/** One version of a document's content, which is read in pieces. */
export interface Content {
  readonly id: string;
  readonly version: number;
  readonly fileName: string | null;
  readonly title: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
  readonly pieces: number;
  /** Where its bytes are in the object storage; null: in the database. */
  readonly objectKey: string | null;
}

/** Documents and their bytes, on behalf of a caller: what they may, row security says. */
export interface Library {
  /** Asks the door, before anything is received for somebody. @throws `RH401` */
  admit(caller: Caller): Promise<void>;
  /** @throws `RH403` without the permission, `RH480` where the tenant stores enough already, `23514` for a rule of the data */
  create(caller: Caller, file: KeptFile, said: DocumentSaid): Promise<DocumentShown>;
  /** @throws `RH404`, `RH403`, `RH480` */
  replace(caller: Caller, id: string, file: KeptFile): Promise<DocumentShown>;
  /** @param version the newest, if null @returns null for one that the caller does not see */
  find(caller: Caller, id: string, version: number | null): Promise<Content | null>;
  /**
   * Before each, the database is asked again: whoever may no longer read it gets no more of it.
   *
   * @throws {ContentGone} {@link ContentCorrupt}, {@link StorageUnavailable}
   */
  pieces(caller: Caller, content: Content): AsyncGenerator<Buffer, void>;
}

const SHOWN = `json_build_object(
  'id', made.id, 'title', made.title, 'fileName', made.file_name, 'mediaType', made.media_type,
  'sizeBytes', made.size_bytes, 'sha256', made.sha256, 'version', made.version, 'visibility', made.visibility,
  'teamId', made.team_id, 'tags', made.tags, 'language', made.language, 'status', made.status) as document`;

/**
 * @param pool of the door's role
 * @param storage where bytes are beside the database
 * @param statementTimeout milliseconds for keeping a file, whose bytes take a while
 */
export function openLibrary(
  pool: pg.Pool,
  storage: Storage = IN_DATABASE,
  statementTimeout = 60_000,
): Library {
  const inTurn = oneAtATime();

  /** A file of more than a piece waits for the one before: this process holds the bytes of one. */
  const keep = (
    caller: Caller,
    { path, bytes }: KeptFile,
    statement: { name: string; text: string; values: (content: Buffer) => unknown[] },
  ): Promise<DocumentShown> => {
    const work = async (): Promise<DocumentShown> => {
      const { name, text } = statement;
      return keepRow(caller, { name, text, values: statement.values(await readFile(path)) });
    };
    return bytes > PIECE ? inTurn(work) : work();
  };

  /** The row says where its bytes are: they are stored before it is written, and go if it never is (context.begin_object). */
  const keepStored = async (
    caller: Caller,
    { path, bytes }: KeptFile,
    statement: { name: string; text: string; values: (object: string, sha256: string) => unknown[] },
  ): Promise<DocumentShown> => {
    // An Idempotency-Key is claimed with the row: an upload that fails leaves it to whoever sends the file again.
    const { idempotency: _, ...facts } = caller.facts;
    const { rows } = await inDoor(pool, { ...caller, facts }, (transaction) =>
      transaction.run({
        name: "begin_object",
        text: "select context.begin_object($1) as key",
        values: [bytes],
      }),
    );
    const { key } = rows[0] as { key: string };
    const sha256 = await digestOf(path);
    await storage.objects!.put(key, { path, sha256 });
    return keepRow(caller, {
      name: statement.name,
      text: statement.text,
      values: statement.values(key, sha256),
    });
  };

  async function keepRow(
    caller: Caller,
    statement: { name: string; text: string; values: unknown[] },
  ): Promise<DocumentShown> {
    const { rows } = await inDoor(
      pool,
      caller,
      (transaction) => transaction.run({ ...statement, answerTimeout: statementTimeout }),
      { statementTimeout },
    );
    return (rows[0] as { document: DocumentShown }).document;
  }

  return {
    async admit(caller) {
      await inDoor(pool, caller, async () => {});
    },
    create(caller, file, { title, visibility, teamId, tags, language }) {
      const said = [visibility ?? null, teamId ?? null, tags ?? null, language ?? null];
      const { bytes, name, mediaType } = file;
      if (storage.keepsNew) {
        return keepStored(caller, file, {
          name: "create_stored_document",
          text: `select ${SHOWN} from context.create_stored_document($1, $2, $3, $4, $5, $6, coalesce($7, 'private'), $8,
            coalesce($9::text[], '{}'), $10) as made`,
          values: (object, sha256) => [title, mediaType, object, bytes, sha256, name, ...said],
        });
      }
      return keep(caller, file, {
        name: "create_document",
        text: `select ${SHOWN} from app.create_document($1, $2, $3, $4, coalesce($5, 'private'), $6, coalesce($7::text[], '{}'), $8) as made`,
        values: (content) => [title, mediaType, content, name, ...said],
      });
    },
    replace(caller, id, file) {
      const { bytes, name, mediaType } = file;
      if (storage.keepsNew) {
        return keepStored(caller, file, {
          name: "replace_stored_document",
          text: `select ${SHOWN} from context.replace_stored_document($1, $2, $3, $4, $5, $6) as made`,
          values: (object, sha256) => [id, object, bytes, sha256, mediaType, name],
        });
      }
      return keep(caller, file, {
        name: "replace_document",
        text: `select ${SHOWN} from app.replace_document($1, $2, $3, $4) as made`,
        values: (content) => [id, content, mediaType, name],
      });
    },
    async find(caller, id, version) {
      const { rows } = await inDoor(pool, caller, (transaction) =>
        transaction.run({
          name: "find_content",
          text: `select kept.document_id as id, kept.version, kept.file_name as "fileName", document.title,
              kept.media_type as "mediaType", kept.size_bytes as bytes, kept.sha256, kept.object_key as "objectKey"
            from app.documents as document
            join app.document_versions as kept
              on kept.tenant_id = document.tenant_id and kept.document_id = document.id
            where document.id = $1 and kept.version = coalesce($2, document.version)`,
          values: [id, version],
        }),
      );
      const found = rows[0] as Omit<Content, "pieces"> | undefined;
      return found ? { ...found, pieces: Math.ceil(found.bytes / PIECE) } : null;
    },
    pieces: (caller, content) =>
      content.objectKey === null
        ? piecesKept(caller, content)
        : piecesStored(caller, content, content.objectKey),
  };

  async function* piecesKept(caller: Caller, { id, version, pieces }: Content): AsyncGenerator<Buffer, void> {
    for (let number = 1; number <= pieces; number += 1) {
      const { rows } = await inDoor(pool, caller, (transaction) =>
        transaction.run({
          name: "read_piece",
          text: "select content from app.document_contents where document_id = $1 and version = $2 and piece = $3",
          values: [id, version, number],
        }),
      );
      const piece = rows[0] as { content: Buffer } | undefined;
      if (!piece) throw new ContentGone();
      yield piece.content;
    }
  }

  /** As often as for pieces that the database has: once for each MiB. */
  async function* piecesStored(
    caller: Caller,
    { id, version, bytes, sha256 }: Content,
    objectKey: string,
  ): AsyncGenerator<Buffer, void> {
    let allowed = 0;
    for await (const piece of storedBytes(storage.objects, objectKey, { bytes, sha256 })) {
      if (allowed < piece.length) {
        await requireReadable(caller, id, version);
        allowed = Math.max(PIECE, piece.length);
      }
      allowed -= piece.length;
      yield piece;
    }
  }

  async function requireReadable(caller: Caller, id: string, version: number): Promise<void> {
    const { rows } = await inDoor(pool, caller, (transaction) =>
      transaction.run({
        name: "still_readable",
        text: "select from app.document_versions where document_id = $1 and version = $2",
        values: [id, version],
      }),
    );
    if (rows.length === 0) throw new ContentGone();
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

/** A document was deleted, or is nobody's to read any more, while it was sent. */
export class ContentGone extends Error {
  override readonly name = "ContentGone";
  /** As the database says of a row that is not there. */
  readonly code = "RH404";
  constructor() {
    super("there is no such document");
  }
}
