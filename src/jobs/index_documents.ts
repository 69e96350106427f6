import type { Embedded } from "../chat/provider/embed.ts";
import { ProviderFailure } from "../chat/provider/failure.ts";
import { ContentCorrupt, StorageUnavailable } from "../documents/storage/object_storage.ts";
import { storedBytes } from "../documents/storage/stored_bytes.ts";
import { withTemporaryFile } from "../documents/temporary_file.ts";
import type { ClaimedBy, Passage } from "./claimed_document.ts";
import { openEmbeddingAccount } from "./embedding_account.ts";
import { callFunction, type Job, type JobContext } from "./job.ts";

/** Milliseconds for which a run takes further documents: then another job may have its turn. */
const MOST = 60_000;
/** Passages that are embedded and stored at once. */
const BATCH = 64;

/** A file that was brought. Neither its name nor its media type is believed. */
export interface BroughtFile {
  readonly name: string;
  readonly mediaType: string;
  /** Where its bytes are, for as long as it is read. */
  readonly path: string;
}

/** What reading a document takes. */
export interface Reading<Text extends { readonly language: string | null }> {
  /** The text of a file. What it throws says by `refusal` whether the file is at fault. */
  extract(file: BroughtFile): Promise<Text>;
  chunk(text: Text): readonly Passage[];
  /** Who embeds for the company of a document; null where nobody does. */
  embedder(claim: ClaimedBy): Promise<PassageEmbedder | null>;
  /** The word that people are told of why the file cannot be read; null where the file is not at fault. */
  refusal(error: unknown): string | null;
}

export interface PassageEmbedder {
  readonly model: string;
  /**
   * Embeddings of the texts, in their order, and what they took.
   *
   * @throws {ProviderFailure} which keeps nothing from being found by its words
   */
  embed(texts: readonly string[]): Promise<Embedded>;
}

/** A document that is this worker's to read, until its claim is over. */
interface Claim extends ClaimedBy {
  readonly title: string;
  readonly file_name: string | null;
  readonly media_type: string;
  readonly language: string | null;
  readonly size_bytes: number;
  readonly sha256: string;
  /** Where its bytes are in the object storage; null: in the database. */
  readonly object_key: string | null;
}

/**
 * Reads the documents that wait, one after the other: extracts their text, cuts it into passages, embeds those and stores
 * them. The database says whether the claim still holds; if not, a document was deleted or replaced meanwhile, and what
 * was read is dropped.
 *
 * A document whose passages cannot be embedded is found by its words. Where none waits any more, those are read anew
 * that are not embedded as their company's questions are (jobs.queue_outdated()).
 */
export function indexDocuments<Text extends { readonly language: string | null }>(
  reading: Reading<Text>,
): Job {
  return async (context) => {
    const done = { ready: 0, dropped: 0, failed: 0, unembedded: 0 };
    const until = performance.now() + MOST;
    while (performance.now() < until) {
      const claim = await claimed(context);
      if (claim === null) {
        if ((await queueOutdated(context)) === 0) break;
        continue;
      }
      try {
        const { holds, failure } = await index(context, reading, claim);
        done[holds ? "ready" : "dropped"] += 1;
        if (holds && failure !== null) done.unembedded += 1;
      } catch (error) {
        if (error instanceof StorageUnavailable) {
          // It is not the document's fault: no try of its is used up, and the others wait for the storage too.
          await postpone(context, claim);
          throw error;
        }
        const refusal = error instanceof ContentCorrupt ? error.code : reading.refusal(error);
        await fail(context, claim, refusal);
        done.failed += 1;
        // The file's fault is its people's to hear of; any other is the operator's too.
        if (refusal === null || error instanceof ContentCorrupt) throw error;
      }
    }
    return done;
  };
}

async function claimed(context: JobContext): Promise<Claim | null> {
  const { rows } = await context.database.query<Claim>("select * from jobs.claim_document()");
  return rows[0] ?? null;
}

const queueOutdated = (context: JobContext): Promise<number> =>
  callFunction(context, "select jobs.queue_outdated($1)", [context.config.model?.embeddingModel ?? null]);

/** @returns whether the claim held to the end, and why its passages could not be embedded; null where they were, or nobody was to */
async function index<Text extends { readonly language: string | null }>(
  context: JobContext,
  { extract, chunk, embedder: embedderFor }: Reading<Text>,
  claim: Claim,
): Promise<{ readonly holds: boolean; readonly failure: string | null }> {
  const { tenant, document, attempt } = claim;
  const text = await withTemporaryFile(async ({ path, append }) => {
    for await (const piece of piecesOf(context, claim)) await append(piece);
    return extract({ name: claim.file_name ?? claim.title, mediaType: claim.media_type, path });
  });
  const passages = chunk(text);
  const language = text.language ?? claim.language ?? "en";
  const embedder = await embedderFor(claim);
  const account = await openEmbeddingAccount(context, claim, embedder?.model ?? null, passages);
  let { failure } = account;
  const vectorsOf = async (batch: readonly Passage[]) => {
    // What failed once is not asked for each of a thousand passages.
    if (embedder === null || failure !== null) return null;
    try {
      const { vectors, usage } = await embedder.embed(batch.map((passage) => passage.text));
      account.add(usage);
      return vectors;
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error;
      failure = error.code;
      return null;
    }
  };
  try {
    return await store();
  } finally {
    // However it ended: what was embedded has its price.
    await account.settle(failure === null);
  }

  async function store(): Promise<{ readonly holds: boolean; readonly failure: string | null }> {
    for (let at = 0; at < passages.length; at += BATCH) {
      const batch = passages.slice(at, at + BATCH);
      const vectors = await vectorsOf(batch);
      const rows = batch.map(({ text, start, end, headings }, place) => ({
        ordinal: at + place,
        heading: headings.join(" › ").slice(0, 1000).toWellFormed(),
        content: text,
        starts_at: start,
        ends_at: end,
        embedding: vectors?.[place],
      }));
      const holds = await callFunction<boolean>(
        context,
        "select jobs.store_chunks($1, $2, $3, $4, $5, $6, $7)",
        [
          tenant,
          document,
          attempt,
          JSON.stringify(rows),
          language,
          vectors && embedder ? embedder.model : null,
          Math.floor((100 * Math.min(at + BATCH, passages.length)) / passages.length),
        ],
      );
      if (!holds) return { holds, failure };
    }
    const holds = await callFunction<boolean>(context, "select jobs.finish_document($1, $2, $3, $4, $5)", [
      tenant,
      document,
      attempt,
      failure === null ? (embedder?.model ?? null) : null,
      failure,
    ]);
    return { holds, failure };
  }
}

/** Its bytes, in pieces: a worker holds one of them, however large the file is. */
function piecesOf(context: JobContext, claim: Claim): AsyncGenerator<Buffer, void> {
  const { object_key: key, size_bytes: bytes, sha256 } = claim;
  return key === null ? piecesKept(context, claim) : storedBytes(context.objects, key, { bytes, sha256 });
}

async function* piecesKept(
  context: JobContext,
  { tenant, document, attempt }: ClaimedBy,
): AsyncGenerator<Buffer, void> {
  for (let number = 1; ; number += 1) {
    const piece = await callFunction<Buffer | null>(context, "select jobs.read_document($1, $2, $3, $4)", [
      tenant,
      document,
      attempt,
      number,
    ]);
    if (piece === null) return;
    yield piece;
  }
}

function postpone(context: JobContext, { tenant, document, attempt }: ClaimedBy): Promise<boolean> {
  return callFunction<boolean>(context, "select jobs.postpone_document($1, $2, $3)", [
    tenant,
    document,
    attempt,
  ]);
}

function fail(
  context: JobContext,
  { tenant, document, attempt }: ClaimedBy,
  refusal: string | null,
): Promise<boolean> {
  return callFunction<boolean>(context, "select jobs.fail_document($1, $2, $3, $4, $5)", [
    tenant,
    document,
    attempt,
    refusal ?? "unreadable",
    refusal === null,
  ]);
}
