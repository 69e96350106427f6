import { type Html, html, type Part } from "../../../html.ts";
import type { Finding, ReportFacts } from "../facts.ts";
import { IDLE_DAYS } from "../findings.ts";
import { name } from "./parts.ts";

/** What the sections share: how times, people and roles are told, and what was found of which row. */
export interface Telling {
  readonly facts: ReportFacts;
  readonly time: (at: Date | null, never?: string) => Part;
  readonly day: (at: Date | null, never?: string) => Part;
  readonly person: (id: string | null) => Html;
  readonly role: (id: string | null) => string;
  readonly marks: (part: Finding["part"], id: string) => Part;
}

export function tellingOf(facts: ReportFacts): Telling {
  const { timeZone } = facts.period;
  const withTime = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  const withoutTime = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" });
  const element =
    (format: Intl.DateTimeFormat) =>
    (at: Date | null, never: string = "never") =>
      at === null ? never : html`<time datetime="${at.toISOString()}">${format.format(at)}</time>`;
  const peopleById = new Map(facts.people.rows.map((one) => [one.id, one.name]));
  const rolesById = new Map(facts.roles.map((one) => [one.id, one.name]));
  const found = new Map<string, Finding[]>();
  for (const finding of facts.findings) {
    for (const row of finding.rows) {
      const key = `${finding.part} ${row}`;
      found.set(key, [...(found.get(key) ?? []), finding]);
    }
  }
  return {
    facts,
    time: element(withTime),
    day: element(withoutTime),
    person: (id) => (id === null ? html`nobody` : name(peopleById.get(id) ?? id)),
    role: (id) => (id === null ? "none" : (rolesById.get(id) ?? id)),
    marks: (part, id) =>
      (found.get(`${part} ${id}`) ?? []).map(
        ({ weight, code }) => html`<span class="mark ${weight}">${MARKS[code] ?? code}</span>`,
      ),
  };
}

/** What a row says of itself, in a few words; the finding says it whole. */
const MARKS: Readonly<Record<string, string>> = {
  banned_member: "account not active",
  key_of_leaver: "of somebody who left",
  refresh_reused: "token used twice",
  powerful_without_second_factor: "manages, without second factor",
  idle_person: `not seen for ${IDLE_DAYS} days`,
  idle_key: `not used for ${IDLE_DAYS} days`,
  endless_key: "never expires",
  many_failures: "many failures",
  support_wrote: "could change something",
  one_owner: "the only owner",
  new_network: "new network",
  running_grant: "beside the role",
  trail_not_verified: "not verified",
};
