import type { Middleware } from "koa";
import type { Library } from "../../../documents/library.ts";
import { documentAnswer } from "../../contract/answers.ts";
import { OF_AN_UPLOAD, operation } from "../../contract/operation.ts";
import { callerOf } from "../../own_session.ts";
import type { RequestState } from "../../request_facts.ts";
import type { AtOnce } from "../../upload/at_once.ts";
import { readNothing } from "../../upload/fields.ts";
import { receiving } from "../../upload/receive.ts";
import { WANTED } from "./create.ts";
import { idIn } from "./id_in.ts";

export const replaceDocumentOperation = operation({
  method: "put",
  path: "/documents/:id/content",
  area: "API",
  summary: "Give a document a new version",
  description:
    "As `POST /documents`, but for the fields: what is said of a document, GraphQL changes. Until the new version is read, answers are drawn from the one before.",
  credential: "any",
  parameters: [{ in: "path", name: "id", says: "The document's." }],
  upload: {},
  answers: { 200: { says: "It is kept, and waits to be read.", body: documentAnswer } },
  refusals: [...OF_AN_UPLOAD, "not_found"],
});

/**
 * `PUT /documents/:id/content`, a form with a file or the file itself → 200 `{document}` with its new version.
 *
 * Refuses as `POST /documents`, and with 404 not_found for a document that the caller does not see.
 */
export function replaceDocument(
  library: Library,
  maxBytes: number,
  atOnce: AtOnce,
): Middleware<RequestState> {
  return async (ctx) => {
    const caller = callerOf(ctx.state, WANTED);
    const id = idIn(ctx.params);
    const document = await atOnce(caller, async () => {
      await library.admit(caller);
      return receiving(ctx, maxBytes, (upload) => {
        readNothing(upload);
        return library.replace(caller, id, upload.file);
      });
    });
    ctx.body = { document };
  };
}
