import { Readable } from "node:stream";
import type { Middleware } from "koa";
import type pg from "pg";
import { callerSource } from "../../audit/caller_source.ts";
import { type ExportFormat, exportTrail, FORMATS } from "../../audit/export_trail.ts";
import { momentIn, numberIn } from "../../audit/range_given.ts";
import { OF_A_READER, operation } from "../contract/operation.ts";
import { callerOf } from "../own_session.ts";
import { invalidInput, refusalOf } from "../problem.ts";
import type { RequestState } from "../request_facts.ts";

/** What each form is sent as, and how its file's name ends. */
const SENT: Readonly<Record<ExportFormat, readonly [type: string, ending: string]>> = {
  jsonl: ["application/jsonl", "jsonl"],
  csv: ["text/csv", "csv"],
  ocsf: ["application/jsonl", "ocsf.jsonl"],
  proof: ["application/jsonl", "proof"],
};

export const exportAuditOperation = operation({
  method: "get",
  path: "/audit/export",
  area: "Running it",
  summary: "Take the sealed trail with one",
  description:
    "The sealed events of your company in the order of their leaves, as far as a signed checkpoint, line by line as they are read; docs/audit/export.md tells what is in a line, and how it is verified. It wants `view_audit`, and is an event itself.",
  credential: "any",
  parameters: [
    {
      in: "query",
      name: "format",
      says: "`jsonl`, `csv`, `ocsf`, or `proof`: what the lines of csv and ocsf are verified with. `jsonl`, if absent.",
    },
    { in: "query", name: "from", says: "Events since this time (RFC 3339)." },
    { in: "query", name: "to", says: "Events before this time." },
    { in: "query", name: "after", says: "The leaves behind this one: the last index that you have." },
    {
      in: "query",
      name: "size",
      says: "As far as the checkpoint of so many leaves, as `Audit-Size` said; the newest one, if absent.",
    },
  ],
  answers: {
    200: {
      says: "The events.",
      type: "application/jsonl",
      headers: {
        "Content-Disposition": "A name for the file.",
        "Audit-Size": "Of how many leaves the checkpoint is.",
      },
    },
  },
  refusals: [
    ...OF_A_READER.filter((code) => code !== "not_acceptable"),
    "invalid_input",
    "permission_denied",
  ],
});

/**
 * `GET /audit/export[?format=&from=&to=&after=&size=]` → 200, the caller's sealed trail, piece by piece.
 *
 * Refuses with 400 invalid_input; 403 permission_denied without view_audit; 404 not_found where nothing is signed, or nothing of that
 * size. Who may not read it any more while it is sent gets a connection that breaks.
 */
export function exportAudit(app: pg.Pool): Middleware<RequestState> {
  return async (ctx) => {
    const caller = callerOf(ctx.state, "An export needs an access token or an API key.");
    const format = formatIn(ctx.query.format);
    const range = {
      after: ctx.query.after === undefined ? -1 : number("after", ctx.query.after),
      from: moment("from", ctx.query.from),
      to: moment("to", ctx.query.to),
    };
    const size = ctx.query.size === undefined ? null : number("size", ctx.query.size);
    // Whoever asks for the header only gets no event, and makes none.
    const source = await callerSource(app, caller, ctx.method === "HEAD" ? null : format, range, size);
    if (source === null) throw refusalOf("not_found");
    const [type, ending] = SENT[format];
    ctx.set("Cache-Control", "no-store");
    ctx.set("Audit-Size", String(source.size));
    ctx.attachment(`audit-${new Date().toISOString().slice(0, 10)}.${ending}`);
    ctx.type = type;
    ctx.body = Readable.from(exportTrail(source, format), { objectMode: false, highWaterMark: 65_536 });
  };
}

type Given = string | string[] | undefined;

function formatIn(given: Given): ExportFormat {
  const format = FORMATS.find((one) => one === (given ?? "jsonl"));
  if (!format) throw invalidInput("A format is jsonl, csv, ocsf or proof.", "format");
  return format;
}

function moment(field: string, given: Given): string | null {
  if (given === undefined) return null;
  const read = typeof given === "string" ? momentIn(given) : null;
  if (read === null) throw invalidInput(`${field} is a day, or a time with its zone.`, field);
  return read;
}

function number(field: string, given: Given): number {
  const read = typeof given === "string" ? numberIn(given) : null;
  if (read === null) throw invalidInput(`${field} is a whole number.`, field);
  return read;
}
