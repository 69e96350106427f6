import type { Attempt, Status } from "./prove_attempt.ts";
import type { House } from "./prove_house.ts";
import type { Outcome, Performance } from "./prove_stage.ts";

export interface Verdict {
  readonly status: Status;
  readonly detail: string;
}

/** What nobody of another tenant should ever read: ids and texts of a house's rows. */
export interface Markers {
  readonly token: string;
  readonly ids: ReadonlySet<string>;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The marks of one house's rows that are not on the other's too. */
export function markersOf(house: House, other: House): Markers {
  const idsOf = (one: House): string[] => [
    ...(one.tenant.match(UUID) ?? []),
    ...one.rows.flatMap(({ values }) => Object.values(values).flatMap((value) => value?.match(UUID) ?? [])),
  ];
  const shared = new Set(idsOf(other));
  return { token: house.mint.token, ids: new Set(idsOf(house).filter((id) => !shared.has(id))) };
}

/** The first mark of the other house in a text that the caller did not write themselves. */
export function foreignIn(text: string, markers: Markers, written: string): string | null {
  for (const id of text.match(UUID) ?? []) if (markers.ids.has(id) && !written.includes(id)) return id;
  return text.includes(markers.token) && !written.includes(markers.token) ? markers.token : null;
}

/** What an attempt's outcome means. */
export function judge(
  attempt: Attempt,
  performance: Performance,
  markers: Markers,
  ownRows: number,
): Verdict {
  if ("stayedOut" in performance) {
    return { status: "unproven", detail: `the caller could not come in: ${performance.stayedOut}` };
  }
  const { outcome, twin, changed } = performance;
  const leak = (detail: string): Verdict => ({ status: "leak", detail });

  if (changed.length > 0) return leak(`changed the other tenant's ${changed.join(", ")}`);
  const mark = foreignIn(said(outcome), markers, `${attempt.sql} ${attempt.caller.enter ?? ""}`);
  if (mark !== null) return leak(`the answer holds the other tenant's ${mark}`);
  if (twin !== null && answer(twin) !== answer(outcome)) {
    return leak(
      `the answer tells that the other tenant has it: ${answer(outcome)}; otherwise ${answer(twin)}`,
    );
  }
  if ("refusal" in outcome) {
    const { code, detail } = outcome.refusal;
    if (attempt.wrong === "copy in" && code === "57014") return leak("the server takes rows of any tenant");
    if (code === "57014" || code === "55P03")
      return { status: "unproven", detail: `${code}: it took too long` };
    return { status: "denied", detail: code === "RH403" ? `${code} ${detail}` : (code ?? "refused") };
  }

  const { count, rows } = outcome;
  switch (attempt.wrong) {
    case "reach":
      if (count > 0) return leak(`reached ${count} ${count === 1 ? "row" : "rows"}`);
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
    case "copy in":
    case "reveal":
      break;
    case "nothing":
      return count > 0 ? { status: "allowed", detail: "yes" } : { status: "denied", detail: "–" };
  }
  if (!attempt.bait)
    return { status: "unproven", detail: "there was no row of the other tenant to be found" };
  return { status: "denied", detail: "–" };
}

/** An answer without what is random in it. */
function answer(outcome: Outcome): string {
  if (!("refusal" in outcome)) return `${outcome.count} rows`;
  const { code, constraint } = outcome.refusal;
  return constraint ? `${code} ${constraint}` : String(code);
}

function said(outcome: Outcome): string {
  if (!("refusal" in outcome)) return JSON.stringify(outcome.rows);
  const { message, detail, hint, where } = outcome.refusal;
  return [message, detail, hint, where].join("\n");
}
