import { readFile } from "node:fs/promises";
import type pg from "pg";
import type { Caller } from "../database/caller.ts";
import { inDoor } from "../database/door.ts";
import { oneAtATime } from "../database/transaction.ts";

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
  /** Each in a transaction of its own: whoever may no longer read it gets no more of it. */
  pieces(caller: Caller, content: Content): AsyncGenerator<Buffer, void>;
}

const SHOWN = `json_build_object(
  'id', made.id, 'title', made.title, 'fileName', made.file_name, 'mediaType', made.media_type,
  'sizeBytes', made.size_bytes, 'sha256', made.sha256, 'version', made.version, 'visibility', made.visibility,
  'teamId', made.team_id, 'tags', made.tags, 'language', made.language, 'status', made.status) as document`;

/** @param pool of the door's role @param statementTimeout milliseconds for keeping a file, whose bytes take a while */
export function openLibrary(pool: pg.Pool, statementTimeout = 60_000): Library {
  const inTurn = oneAtATime();

  /** A file of more than a piece waits for the one before: this process holds the bytes of one. */
  const keep = (
    caller: Caller,
    { path, bytes }: KeptFile,
    statement: { name: string; text: string; values: (content: Buffer) => unknown[] },
  ): Promise<DocumentShown> => {
    const work = (): Promise<DocumentShown> =>
      inDoor(
        pool,
        caller,
        async (transaction) => {
          const { name, text } = statement;
          const values = statement.values(await readFile(path));
          const { rows } = await transaction.run({ name, text, values, answerTimeout: statementTimeout });
          return (rows[0] as { document: DocumentShown }).document;
        },
        { statementTimeout },
      );
    return bytes > PIECE ? inTurn(work) : work();
  };

  return {
    async admit(caller) {
      await inDoor(pool, caller, async () => {});
    },
    create(caller, file, { title, visibility, teamId, tags, language }) {
      return keep(caller, file, {
        name: "create_document",
        text: `select ${SHOWN} from app.create_document($1, $2, $3, $4, coalesce($5, 'private'), $6, coalesce($7::text[], '{}'), $8) as made`,
        values: (content) => [
          title,
          file.mediaType,
          content,
          file.name,
          visibility ?? null,
          teamId ?? null,
          tags ?? null,
          language ?? null,
        ],
      });
    },
    replace(caller, id, file) {
      return keep(caller, file, {
        name: "replace_document",
        text: `select ${SHOWN} from app.replace_document($1, $2, $3, $4) as made`,
        values: (content) => [id, content, file.mediaType, file.name],
      });
    },
    async find(caller, id, version) {
      const { rows } = await inDoor(pool, caller, (transaction) =>
        transaction.run({
          name: "find_content",
          text: `select kept.document_id as id, kept.version, kept.file_name as "fileName", document.title,
              kept.media_type as "mediaType", kept.size_bytes as bytes, kept.sha256
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
    async *pieces(caller, { id, version, pieces }) {
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
    },
  };
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
