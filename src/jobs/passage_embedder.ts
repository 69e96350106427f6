import { CannotDecrypt, masterKeys } from "../auth/encryption.ts";
import { ProviderFailure } from "../chat/provider/failure.ts";
import { type Embedder, embedderOf, type LentProvider, MOST_KEPT } from "../chat/provider/whose.ts";
import type { ClaimedBy } from "./claimed_document.ts";
import type { PassageEmbedder } from "./index_documents.ts";
import type { JobContext } from "./job.ts";

/** What jobs.document_provider() lends; null where the company has no provider of its own. */
interface Lent {
  readonly provider: (LentProvider & { readonly embeddingModel: string | null }) | null;
}

/**
 * Who embeds the passages of a claimed document: whoever embeds the questions of its company. The database lends a company's key
 * for as long as the claim holds, and for no other company.
 */
export function passageEmbedder({
  database,
  config,
  providers,
}: JobContext): (claim: ClaimedBy) => Promise<PassageEmbedder | null> {
  return async ({ tenant, document, attempt }) => {
    const { rows } = await database.query<Lent>("select * from jobs.document_provider($1, $2, $3)", [
      tenant,
      document,
      attempt,
    ]);
    const [lent] = rows;
    // The claim is over; whose provider it would be, nobody can say any more.
    if (!lent) return null;
    const asked = opened(lent);
    if (asked === null) return null;
    if (asked instanceof ProviderFailure) {
      return { model: lent.provider!.embeddingModel!, embed: () => Promise.reject(asked) };
    }
    return {
      model: asked.model,
      embed: (texts) => providers.embed({ ...asked, texts, limits: { dimensions: MOST_KEPT } }),
    };
  };

  /** A key that no master key opens is one that the provider will not be shown: the document is found by its words all the same. */
  function opened({ provider }: Lent): Embedder | ProviderFailure | null {
    try {
      return embedderOf(provider, config.model, masterKeys(config));
    } catch (error) {
      if (error instanceof CannotDecrypt) return new ProviderFailure("model_key_refused", { cause: error });
      throw error;
    }
  }
}
