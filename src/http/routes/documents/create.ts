import type { Middleware } from "koa";
import type { Library } from "../../../documents/library.ts";
import type { AttemptParts } from "../../attempts.ts";
import { documentAnswer } from "../../contract/answers.ts";
import { OF_AN_UPLOAD, operation } from "../../contract/operation.ts";
import { readIdempotencyKey } from "../../idempotency_key.ts";
import { callerOf } from "../../own_session.ts";
import type { RequestState } from "../../request_facts.ts";
import type { AtOnce } from "../../upload/at_once.ts";
import { documentFields, readDocument } from "../../upload/fields.ts";
import { keepOnce } from "../../upload/once.ts";
import { receiving } from "../../upload/receive.ts";

export const createDocumentOperation = operation({
  method: "post",
  path: "/documents",
  area: "API",
  summary: "Bring a document",
  description:
    "It is read and indexed in the background: `status` and `failure` of the document, in GraphQL, say how that went. Or send the file itself as the body, with its `Content-Type`, its name in `?name=`, and the fields beside it in the query. docs/documents/http.md has examples.",
  credential: "any",
  parameters: [
    {
      in: "header",
      name: "Idempotency-Key",
      says: "The same file with the same fields and key is kept once, and answered with the first answer.",
    },
  ],
  upload: documentFields,
  answers: {
    201: {
      says: "It is kept, and waits to be read.",
      body: documentAnswer,
      headers: { Location: "Where its content is." },
    },
  },
  refusals: [
    ...OF_AN_UPLOAD,
    "idempotency_in_progress",
    "idempotency_key_invalid",
    "idempotency_key_reused",
    "idempotency_replayed",
  ],
});

/**
 * `POST /documents`, a form with a file or the file itself → 201 `{document}`.
 *
 * Refuses with what is wrong with the credential or the file; 400 idempotency_key_invalid; 403 permission_denied; 409 limit_reached where the company
 * stores enough already, idempotency_in_progress and idempotency_replayed; 422 idempotency_key_reused; 429 too_many_at_once.
 */
export function createDocument(
  library: Library,
  maxBytes: number,
  atOnce: AtOnce,
  attempts: AttemptParts,
): Middleware<RequestState> {
  return async (ctx) => {
    const caller = callerOf(ctx.state, WANTED);
    const given = ctx.get("Idempotency-Key");
    const key = given === "" ? null : readIdempotencyKey(given);
    const document = await atOnce(caller, async () => {
      await library.admit(caller);
      return receiving(ctx, maxBytes, (upload) => {
        const { file } = upload;
        const said = readDocument(upload);
        return keepOnce(attempts, ctx, caller, { key, file, said }, (as) => library.create(as, file, said));
      });
    });
    ctx.status = 201;
    ctx.set("Location", `/documents/${document.id}/content`);
    ctx.body = { document };
  };
}

export const WANTED = "This call needs an access token or an API key.";
