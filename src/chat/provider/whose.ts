import type { MasterKeys } from "../../auth/encryption.ts";
import type { InstallationModel } from "../../config.ts";
import { openProviderKey } from "../provider_key.ts";
import type { Endpoint } from "./endpoint.ts";

/** A company's own provider, with its key as the database lends it. */
export interface LentProvider {
  readonly id: string;
  readonly baseUrl: string;
  readonly sealedKey: string | null;
}

/**
 * A company's own provider stands in for the installation's.
 *
 * @throws {CannotDecrypt}
 */
export function endpointOf(
  own: LentProvider | null,
  model: InstallationModel | null,
  keys: MasterKeys,
): Endpoint {
  if (own) {
    const { id, baseUrl, sealedKey } = own;
    const apiKey = sealedKey === null ? null : openProviderKey(keys, { id, sealedKey });
    return { baseUrl, apiKey, owner: "tenant" };
  }
  if (model === null) throw new Error("a model was chosen where there is no provider");
  return { baseUrl: model.baseUrl, apiKey: model.apiKey, owner: "installation" };
}

/** Who embeds, and with what. */
export interface Embedder {
  readonly endpoint: Endpoint;
  readonly model: string;
}

/**
 * Who embeds for a company, its questions and its documents alike, because only embeddings of one model compare. What a company that
 * has its own provider says or brings is sent to no other: without an embedding model there, nobody embeds.
 *
 * @throws {CannotDecrypt}
 */
export function embedderOf(
  own: (LentProvider & { readonly embeddingModel: string | null }) | null,
  installation: InstallationModel | null,
  keys: MasterKeys,
): Embedder | null {
  const model = own ? own.embeddingModel : installation?.embeddingModel;
  return model ? { endpoint: endpointOf(own, installation, keys), model } : null;
}

/** Figures that an embedding has at most which is kept, or compared with one that is (app.document_chunks). */
export const MOST_KEPT = 4_096;
