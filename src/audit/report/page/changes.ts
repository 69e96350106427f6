import { type Html, html, type Part } from "../../../html.ts";
import { describer } from "../described_change.ts";
import { counted, left, name, section, table } from "./parts.ts";
import type { Telling } from "./telling.ts";

/** Who came to hold more or less. */
export function changes({ facts, time }: Telling): Html {
  const describe = describer(facts);
  const side = (lines: readonly string[] | null): Part =>
    lines === null || lines.length === 0
      ? html`<span class="soft">–</span>`
      : html`<ul class="lines">${lines.map((line) => html`<li>${name(line)}</li>`)}</ul>`;
  return section(
    "changes",
    html`<p>Who came to hold more or less in the period: memberships, roles, grants, keys, the company's rules, and what became of people's accounts and second factors.</p>`,
    left(facts.changes),
    facts.changes.inAll === 0
      ? html`<p>There was no such change.</p>`
      : table(
          `${counted(facts.changes.inAll, "change")}, the newest first.`,
          ["When", "What", "Before", "After", "Who did it"],
          facts.changes.rows.map((event) => {
            const change = describe(event);
            return html`<tr><td>${time(change.at)}</td><th scope="row">${name(change.whom)}<br><small>${change.what}</small></th><td>${side(change.before)}</td><td>${side(change.after)}</td><td>${name(change.who)}</td></tr>
`;
          }),
          "changes",
        ),
  );
}
