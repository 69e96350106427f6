import { randomBytes } from "node:crypto";
import type { InstallationModel } from "../../config.ts";
import type { Caller } from "../../database/caller.ts";
import { askInDoor } from "../../database/door.ts";
import { describeError } from "../../http/describe_error.ts";
import { refusalOf } from "../../http/problem.ts";
import { EXTRACTIVE } from "../extractive/extractive_answer.ts";
import type { Embedded } from "../provider/embed.ts";
import type { Usage } from "../provider/events.ts";
import { endpointOf } from "../provider/whose.ts";
import { refusalOf as shownOf } from "../stream/refusal.ts";
import type { Begun } from "../turns/begin_turn.ts";
import { settleTurn } from "../turns/settle.ts";
import type { TurnsParts } from "../turns/turns.ts";

export interface TextsToEmbed {
  readonly model: string;
  readonly texts: readonly string[];
  readonly dimensions?: number;
  readonly signal: AbortSignal;
}

/**
 * Embeds what a caller sends, as a turn of which nothing is kept but what it cost: the same permission, the same budgets, held
 * before and settled once.
 *
 * @throws {pg.DatabaseError} the refusals of context.begin_turn(), and the door's
 * @throws {Problem} 403 `model_not_allowed`, where nobody makes embeddings
 * @throws {ProviderFailure}
 */
export async function embedForCaller(
  parts: TurnsParts,
  caller: Caller | undefined,
  { model, ...asked }: TextsToEmbed,
): Promise<Embedded & { readonly model: string }> {
  const { app, auth, log, keys, providers, model: installation } = parts;
  const settlement = randomBytes(32);
  const began = performance.now();
  const { rows } = await askInDoor(app, caller, {
    name: "begin_embedding",
    text: BEGIN,
    values: [
      settlement,
      model,
      installation?.name ?? null,
      mostTokens(asked.texts),
      embeddingModels(installation),
    ],
  });
  const begun = rows[0] as Begun;
  const turn = { id: begun.turn_id, tenantId: begun.tenant_id, settlement };
  const settle = (usage: Usage | null, error?: unknown): Promise<void> =>
    settleTurn(auth, turn, {
      outcome: error === undefined ? "complete" : asked.signal.aborted ? "stopped" : "failed",
      content: "",
      parts: [],
      usage,
      firstTokenMs: null,
      totalMs: Math.round(performance.now() - began),
      finishReason: null,
      errorCode: error === undefined ? null : shownOf(error).code,
      provenance: {},
    }).catch((failure) => {
      log.error({ err: describeError(failure), turn: turn.id }, "an embedding could not be settled");
    });
  try {
    if (begun.answered_by === EXTRACTIVE) throw refusalOf("model_not_allowed");
    const endpoint = endpointOf(begun.provider, installation, keys);
    const embedded = await providers.embed({ endpoint, model: begun.answered_by, ...asked });
    const { input, estimated } = embedded.usage;
    await settle({ input, cachedInput: 0, output: 0, reasoning: 0, estimated });
    return { ...embedded, model: begun.answered_by };
  } catch (error) {
    await settle(null, error);
    throw error;
  }
}

const BEGIN = `select tenant_id, turn_id, answered_by, provider from context.begin_turn(
  settlement => $1, keep => false, curated => false, model => $2, installation_model => $3, installation_models => $5,
  most_input_tokens => $4, most_output_tokens => 0, embeds => true)`;

/** The installation's models that may embed: what may be asked for, and the one that embeds documents. */
const embeddingModels = (model: InstallationModel | null): string[] | null =>
  model && [...model.models, ...(model.embeddingModel === null ? [] : [model.embeddingModel])];

/** Tokens that texts have at most: none is shorter than a byte, and each text may have two marks of its own. */
const mostTokens = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 2, 0);
