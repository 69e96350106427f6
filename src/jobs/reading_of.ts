import { type Extraction, extractText } from "../documents/extract_text.ts";
import type { ExtractionLimits } from "../documents/extracted.ts";
import { FileRefused } from "../documents/file_refused.ts";
import type { Reading } from "./index_documents.ts";

/** What the database takes for a language tag; what a file says of itself may be anything. */
const TAG = /^(?=.{2,35}$)[a-z]{2,3}(-[a-z0-9]{2,8})*$/i;

/**
 * How documents are read: in a process of their own, within these limits, and embedded by what is given for it.
 *
 * @param embedder who embeds for the company of a document; nobody, unless it is said: passages are found by their words then
 */
export function readingOf(
  limits: ExtractionLimits,
  embedder: Reading<Extraction>["embedder"] = async () => null,
): Reading<Extraction> {
  return {
    async extract({ name, mediaType, path }) {
      const extraction = await extractText({ name, mediaType, content: { path } }, limits);
      const { language } = extraction;
      return { ...extraction, language: language !== null && TAG.test(language) ? language : null };
    },
    chunk: ({ chunks }) => chunks,
    embedder,
    refusal: (error) => (error instanceof FileRefused ? error.code : null),
  };
}
