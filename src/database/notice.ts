import type pg from "pg";
import type { PgClientResult } from "postgraphile/@dataplan/pg";

export type PgNotice = NonNullable<PgClientResult<unknown>["notices"]>[number];

/** What pg emits as `notice`. */
export type WireNotice = Parameters<Parameters<typeof pg.Client.prototype.on<"notice">>[1]>[0];

/** A notice as PostGraphile knows it: positions and lines are numbers there. */
export function noticeOf(notice: WireNotice): PgNotice {
  const { code, detail, hint, internalQuery, where, schema, table, column, dataType, constraint } = notice;
  return {
    severity: (notice.severity ?? "NOTICE") as PgNotice["severity"],
    message: notice.message ?? "",
    code,
    detail,
    hint,
    position: numberOf(notice.position),
    internalPosition: numberOf(notice.internalPosition),
    internalQuery,
    where,
    schema,
    table,
    column,
    dataType,
    constraint,
    file: notice.file,
    line: numberOf(notice.line),
    routine: notice.routine,
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
