import * as v from "valibot";
import { startClocks } from "./clocks.ts";
import { loadTokenCounter } from "./count_tokens.ts";
import { clientOf, type Endpoint } from "./endpoint.ts";
import { ProviderFailure } from "./failure.ts";
import { failureOf } from "./failure_of.ts";
import { retrying } from "./retrying.ts";
import type { Means } from "./stream_answer.ts";
import { usageOf } from "./usage.ts";

export interface EmbedAsk {
  readonly endpoint: Endpoint;
  readonly model: string;
  /** None of them empty: what an empty text means, no provider says. */
  readonly texts: readonly string[];
  /** How many figures each vector is to have; not every model can be told, each is checked. */
  readonly dimensions?: number;
  readonly signal?: AbortSignal;
  readonly limits?: Partial<EmbedLimits>;
}

export interface EmbedLimits {
  /** Texts in one request, and characters of all of them; a text that is longer goes by itself. */
  readonly texts: number;
  readonly characters: number;
  /** Milliseconds for one request, its retries included. */
  readonly patience: number;
  /** Bytes of one answer. */
  readonly bytes: number;
  /** Figures of one vector. */
  readonly dimensions: number;
}

export interface Embedded {
  /** One for each text, in their order, of length 1. */
  readonly vectors: readonly (readonly number[])[];
  /** Tokens. */
  readonly usage: { readonly input: number; readonly estimated: boolean };
}

const answered = v.object({
  data: v.array(
    v.object({
      index: v.pipe(v.number(), v.integer()),
      embedding: v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1)),
    }),
  ),
  usage: v.optional(v.unknown()),
});

/**
 * Vectors of texts, whose nearness is that of what they mean. Asked in as many requests as the limits want, one after the other.
 *
 * @throws {ProviderFailure} `model_malformed` also where the vectors are not as many, as long or as finite as they have to be
 */
export async function embed(ask: EmbedAsk, means: Means & { embedLimits: EmbedLimits }): Promise<Embedded> {
  const limits = { ...means.embedLimits, ...ask.limits };
  const vectors: number[][] = [];
  let input = 0;
  let estimated = false;
  for (const texts of batches(ask.texts, limits)) {
    const answer = await embedBatch({ ...ask, texts }, limits, means);
    vectors.push(...answer.vectors);
    input += answer.usage.input;
    estimated ||= answer.usage.estimated;
  }
  const dimensions = ask.dimensions ?? vectors[0]?.length;
  if (vectors.some(({ length }) => length !== dimensions || length > limits.dimensions))
    throw new ProviderFailure("model_malformed");
  return { vectors, usage: { input, estimated } };
}

function* batches(texts: readonly string[], limits: EmbedLimits): Generator<string[]> {
  let batch: string[] = [];
  let characters = 0;
  for (const text of texts) {
    if (batch.length === limits.texts || (batch.length > 0 && characters + text.length > limits.characters)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(text);
    characters += text.length;
  }
  if (batch.length > 0) yield batch;
}

async function embedBatch(
  { endpoint, model, texts, dimensions, signal }: EmbedAsk,
  { patience, bytes }: EmbedLimits,
  { reach, retries }: Means,
): Promise<{ vectors: number[][]; usage: Embedded["usage"] }> {
  const clocks = startClocks({ first: patience, idle: patience, total: patience }, signal);
  const failed = (error: unknown): ProviderFailure | undefined =>
    failureOf(error, { signal: clocks.signal, begun: false, apiKey: endpoint.apiKey });
  try {
    const client = clientOf(endpoint, reach, bytes);
    const body = {
      model,
      input: [...texts],
      // Otherwise the package asks for base64, which not everybody who copied the API knows.
      encoding_format: "float" as const,
      ...(dimensions !== undefined && { dimensions }),
    };
    const once = async () => await client.embeddings.create(body, { signal: clocks.signal });
    const answer = await retrying(once, failed, retries, clocks.signal);
    const { success, output } = v.safeParse(answered, answer);
    if (!success || output.data.length !== texts.length) throw new ProviderFailure("model_malformed");
    const vectors = inOrder(output.data).map(normalised);
    const usage = usageOf(output.usage);
    if (usage) return { vectors, usage: { input: usage.input, estimated: false } };
    const count = await loadTokenCounter();
    return { vectors, usage: { input: texts.reduce((sum, text) => sum + count(text), 0), estimated: true } };
  } catch (error) {
    throw failed(error) ?? error;
  } finally {
    clocks.stop();
  }
}

/** They may come in any order, each once. */
function inOrder(data: readonly { index: number; embedding: number[] }[]): number[][] {
  const byIndex = new Map(data.map(({ index, embedding }) => [index, embedding]));
  return data.map((_, index) => {
    const embedding = byIndex.get(index);
    if (!embedding) throw new ProviderFailure("model_malformed");
    return embedding;
  });
}

/** At length 1, so that the product of two is how near they are. */
function normalised(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  if (!(length > 0 && Number.isFinite(length))) throw new ProviderFailure("model_malformed");
  return vector.map((figure) => figure / length);
}
