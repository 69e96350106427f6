import { Readable } from "node:stream";
import type { Middleware } from "koa";
import { type AccountExport, EXPORT_PARTS, type ExportItem } from "../../auth/account_export.ts";
import { accountExport } from "../contract/answers.ts";
import { OF_A_CREDENTIAL, OF_A_SESSION, operation } from "../contract/operation.ts";
import { callerOf, sessionRefusal } from "../own_session.ts";
import { tooMany } from "../problem.ts";
import type { RequestState } from "../request_facts.ts";

/** Exports that a process sends at the same time: each holds a connection for as long as its reader takes. */
const AT_ONCE = 2;

export const exportAccountOperation = operation({
  method: "get",
  path: "/auth/account/export",
  area: "Signing in",
  summary: "Take with one what is one's own",
  description:
    "One JSON document, as a file to keep: docs/identity/account.md says what is in it. It wants a fresh sign-in.",
  credential: "bearer",
  answers: {
    200: {
      says: "Everything, as of one moment.",
      body: accountExport,
      headers: { "Content-Disposition": "A name for the file." },
    },
  },
  refusals: [
    ...OF_A_CREDENTIAL,
    ...OF_A_SESSION,
    "database_unavailable",
    "not_acceptable",
    "step_up_required",
    "timeout",
    "too_many_at_once",
    "too_many_attempts",
    "too_many_requests",
  ],
});

/**
 * `GET /auth/account/export` with an access token → 200, a JSON document of all that is the caller's own.
 *
 * Refuses with 401 step_up_required and whatever is wrong with the session; 429 too_many_attempts after five a day, and
 * too_many_at_once.
 */
export function exportAccount(exports: AccountExport): Middleware<RequestState> {
  let sending = 0;
  return async (ctx) => {
    const caller = callerOf(ctx.state);
    if (sending >= AT_ONCE) {
      throw tooMany("too_many_at_once", "Others are exporting at this moment; wait a while.", 30);
    }
    sending += 1;
    try {
      const { outcome, retryAfter } = await exports.begin(caller);
      ctx.state.outcome = outcome;
      if (outcome === "throttled") {
        throw tooMany(
          "too_many_attempts",
          "There were exports enough; wait before the next.",
          retryAfter ?? 1,
        );
      }
      if (outcome !== "ok") throw sessionRefusal(outcome);
      const batches = exports.batches(caller);
      // The first is there before the answer begins, so that a refusal of the door is an answer of its own.
      const first = await batches.next();
      const at = new Date();
      const body = Readable.from(written(first, batches, at), { objectMode: false, highWaterMark: 65_536 });
      // However it ends: sent, broken off, or never begun.
      body.once("close", () => {
        sending -= 1;
        void batches.return();
      });
      ctx.set("Cache-Control", "no-store");
      ctx.attachment(`rowhouse-account-${at.toISOString().slice(0, 10)}.json`);
      ctx.type = "application/json";
      ctx.body = body;
    } catch (error) {
      sending -= 1;
      throw error;
    }
  };
}

/** The document, in pieces: never more of it is in memory than a batch. */
async function* written(
  first: IteratorResult<readonly ExportItem[], void>,
  batches: AsyncGenerator<readonly ExportItem[], void>,
  at: Date,
): AsyncGenerator<string, void> {
  yield `{"format":"rowhouse-account","version":1,"exportedAt":${JSON.stringify(at)}`;
  let open = -1;
  let empty = true;
  /** Closes the part that is open and all that have nothing, up to this one. */
  const upTo = (part: number): string => {
    let text = "";
    for (; open < part; open++) {
      if (open > 0) text += "]";
      const next = EXPORT_PARTS[open + 1];
      if (next !== undefined) text += `,"${next}":${next === "profile" ? "" : "["}`;
      empty = true;
    }
    return text;
  };
  for (let batch = first; !batch.done; batch = await batches.next()) {
    let text = "";
    for (const { part, item } of batch.value) {
      const place = EXPORT_PARTS.indexOf(part);
      if (place < open) throw new Error(`an export has ${part} where it should not`);
      text += upTo(place);
      text += `${empty ? "" : ","}${JSON.stringify(item)}`;
      empty = false;
    }
    yield text;
  }
  yield `${upTo(EXPORT_PARTS.length)}}\n`;
}
