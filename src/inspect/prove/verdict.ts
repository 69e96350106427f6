import type { Attempt, Status } from "./attempts/attempt.ts";
import { answer, answersDiffer, areComparable, estimatesDiffer } from "./comparison.ts";
import type { Execution, Outcome } from "./execution.ts";
import type { Tenant } from "./fixture/tenant.ts";

export interface Verdict {
  readonly status: Status;
  readonly detail: string;
  /** Whether the two answers cannot be compared, because the planner went another way the second time. */
  readonly unsure?: true;
}

/** What nobody of another tenant should ever read: ids and texts of a tenant's rows. */
export interface Markers {
  readonly token: string;
  readonly ids: ReadonlySet<string>;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The marks of one tenant's rows that are not on the other's too. */
export function markersOf(tenant: Tenant, other: Tenant): Markers {
  const idsOf = (one: Tenant): string[] => [
    ...(one.id.match(UUID) ?? []),
    ...one.rows.flatMap(({ values }) => Object.values(values).flatMap((value) => value?.match(UUID) ?? [])),
  ];
  const shared = new Set(idsOf(other));
  return { token: tenant.generator.token, ids: new Set(idsOf(tenant).filter((id) => !shared.has(id))) };
}

/** The first mark of the other tenant in a text that the caller did not write themselves. */
export function foreignIn(text: string, markers: Markers, written: string): string | null {
  for (const id of text.match(UUID) ?? []) if (markers.ids.has(id) && !written.includes(id)) return id;
  return text.includes(markers.token) && !written.includes(markers.token) ? markers.token : null;
}

/** What an attempt's outcome means. */
export function judge(attempt: Attempt, execution: Execution, markers: Markers, ownRows: number): Verdict {
  if ("stayedOut" in execution) {
    return { status: "unproven", detail: `the caller could not come in: ${execution.stayedOut}` };
  }
  const { outcome, twin, changed } = execution;
  const leak = (detail: string): Verdict => ({ status: "leak", detail });

  if (changed.length > 0)
    return leak(
      attempt.wrong === "define"
        ? `changed ${changed.join(", ")}, which hold for every tenant`
        : `changed the other tenant's ${changed.join(", ")}`,
    );
  const mark = foreignIn(said(outcome), markers, `${attempt.sql} ${attempt.caller.enter ?? ""}`);
  if (mark !== null) return leak(`the answer holds the other tenant's ${mark}`);
  if (twin !== null && attempt.otherwise) {
    if (attempt.compare !== "estimates" && !areComparable(twin, outcome))
      return { status: "denied", detail: "–", unsure: true };
    const told = (attempt.compare === "estimates" ? estimatesDiffer : answersDiffer)(twin, outcome);
    if (told !== null) return leak(`the answer tells of the other tenant's row: ${told}`);
  } else if (attempt.wrong !== "reach more" && twin !== null && answer(twin) !== answer(outcome)) {
    return leak(
      `the answer tells that the other tenant has it: ${answer(outcome)}; otherwise ${answer(twin)}`,
    );
  }
  if ("refusal" in outcome) {
    const { code, detail, message } = outcome.refusal;
    if (attempt.wrong === "copy in" && code === "57014") return leak("the server takes rows of any tenant");
    if (code === "57014" || code === "55P03")
      return { status: "unproven", detail: `${code}: it took too long` };
    return {
      status: "denied",
      detail: [code ?? "refused", reasonOf(code, detail, message)].join(" ").trim(),
    };
  }

  const { count, rows } = outcome;
  switch (attempt.wrong) {
    case "reach":
      if (count > 0) return leak(`reached ${count} ${count === 1 ? "row" : "rows"}`);
      break;
    case "reach more":
      if (count > (twin === null || "refusal" in twin ? 0 : twin.count))
        return leak(
          `reached ${count} ${count === 1 ? "row" : "rows"} that the caller does not see without the call`,
        );
      break;
    case "count":
      if (Number(rows[0]?.[0]) > 0) return leak(`counted ${rows[0]?.[0]}`);
      break;
    case "succeed":
      return leak("it was not refused");
    case "copy all":
      if (count > ownRows) return leak(`copied ${count} rows, but the caller's tenant has ${ownRows}`);
      break;
    case "lock":
      return {
        status: "allowed",
        detail: "others wait; nothing crosses (PostgreSQL gives LOCK with UPDATE or DELETE)",
      };
    case "persist":
      return {
        status: "allowed",
        detail: "new connections and new tables of the role begin with it; nothing crosses",
      };
    case "copy in":
    case "define":
    case "reveal":
      break;
    case "nothing":
      if (count === 0) return { status: "denied", detail: "–" };
      return { status: "allowed", detail: count === 1 ? "yes" : `${count} rows` };
  }
  if (!attempt.bait)
    return { status: "unproven", detail: "there was no row of the other tenant to be found" };
  return { status: "denied", detail: "–" };
}

/** Of a refusal of ours, the permission that is missing; of a truncate that cascades, the table that refused it. */
function reasonOf(code: string | undefined, detail: string | undefined, message: string): string {
  if (code === "RH403") return String(detail);
  return code === "RH405" ? (/^\w+ of (\S+) is refused/.exec(message)?.[1] ?? "") : "";
}

function said(outcome: Outcome): string {
  if (!("refusal" in outcome)) return JSON.stringify(outcome.rows);
  const { message, detail, hint, where } = outcome.refusal;
  return [message, detail, hint, where].join("\n");
}
