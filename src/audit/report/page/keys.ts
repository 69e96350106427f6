import { type Html, html } from "../../../html.ts";
import type { ReviewedKey } from "../access.ts";
import { boxes, counted, DECISIONS, left, name, section, table, tags } from "./parts.ts";
import type { Telling } from "./telling.ts";

/** What comes in beside people: keys, the operator's support, and what the company is connected with. */
export function keys(telling: Telling): Html {
  const live = telling.facts.keys.rows.filter((key) => key.live);
  const over = telling.facts.keys.rows.length - live.length;
  return section(
    "keys",
    html`<p>${counted(live.length, "key is", "keys are")} neither revoked nor expired. ${
      over > 0
        ? `${counted(over, "more is", "more are")} revoked or expired and not listed; what happened to them in the period is among the changes.`
        : ""
    }</p>`,
    left(telling.facts.keys),
    live.length === 0
      ? null
      : table(
          "A secret key acts for programs; a publishable one stands in a web page and can only chat.",
          ["Key", "Whose", "May", "Last used", "Expires", ...DECISIONS],
          live.map((key) => keyRow(telling, key)),
          "keys",
        ),
  );
}

function keyRow({ person, role, time, day, marks }: Telling, key: ReviewedKey): Html {
  return html`<tr id="keys-${key.id}"><th scope="row">${name(key.name)}<br><small>${key.beginning}… ${key.kind}</small>${marks("keys", key.id)}</th>
<td>${key.userId === null ? html`the company's, as ${name(role(key.roleId))}` : person(key.userId)}<br><small>made ${day(key.createdAt)}${
    key.createdBy !== null && key.createdBy !== key.userId ? html` by ${person(key.createdBy)}` : null
  }</small></td>
<td>${tags(key.scopes)}${key.origins === null ? null : html`<br><small>from ${key.origins.join(", ")}</small>`}${
    key.addresses > 0 ? html`<br><small>from ${counted(key.addresses, "network")}</small>` : null
  }</td>
<td>${time(key.lastUsedAt)}<br><small>${counted(key.usedCount, "use")}</small></td><td>${day(key.expiresAt)}</td>${boxes(true)}</tr>
`;
}

export function support({ facts, person, time, marks }: Telling): Html {
  return section(
    "support",
    facts.support.length === 0
      ? html`<p>The operator's support was not inside in this period.</p>`
      : table(
          "When the operator's support was inside in this period.",
          ["Operator", "As", "From", "Until", "Why"],
          facts.support.map(
            (
              visit,
            ) => html`<tr id="support-${visit.id}"><th scope="row">${name(visit.operator)}${marks("support", visit.id)}</th><td>${
              visit.userId === null ? "support" : person(visit.userId)
            }, ${visit.mayWrite ? "could change" : "could look"}</td><td>${time(visit.createdAt)}</td>
<td>${time(visit.endedAt ?? visit.expiresAt)}<br><small>${{ operator: "ended by the operator", tenant: "ended by the company", turned_off: "support was turned off" }[visit.endReason ?? ""] ?? "time was over"}</small></td><td>${name(visit.reason)}</td></tr>
`,
          ),
        ),
  );
}

export function connections({ facts, day }: Telling): Html {
  return section(
    "connections",
    facts.connections.length === 0
      ? html`<p>No webhook, no domain whose people may join, no server of tools.</p>`
      : table(
          "Where the company's events go, whose people may join by themselves, where tools are called. Of an address only the host.",
          ["What", "Kind", "Details", "State"],
          facts.connections.map(
            (
              one,
            ) => html`<tr id="connections-${one.id}"><th scope="row">${name(one.name)}</th><td>${one.kind}</td><td>${TOLD[one.kind]!} ${
              one.told.length === 0 ? "everything" : name(one.told.join(", "))
            }</td><td>${one.active ? "in use" : "not in use"}<br><small>since ${day(one.createdAt)}</small></td></tr>
`,
          ),
        ),
  );
}

const TOLD: Readonly<Record<string, string>> = {
  webhook: "is sent",
  domain: "its people join as",
  "tool server": "is called as",
  "audit stream": "gets the trail as",
};
