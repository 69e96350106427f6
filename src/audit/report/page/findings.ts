import { type Html, html } from "../../../html.ts";
import type { Finding } from "../facts.ts";
import { name, section } from "./parts.ts";
import type { Telling } from "./telling.ts";

/** Of one finding; the rest is counted. */
const NAMES_SHOWN = 8;

/** What to look at, each with the way to its rows. */
export function findings({ facts, person }: Telling): Html {
  const keysById = new Map(facts.keys.rows.map((one) => [one.id, one.name]));
  const grantsById = new Map(facts.grants.map((one) => [one.id, one]));
  const supportById = new Map(facts.support.map((one) => [one.id, one.operator]));
  const called = (part: Finding["part"], id: string): Html => {
    if (part === "people") return person(id);
    if (part === "keys") return name(keysById.get(id) ?? id);
    if (part === "grants") {
      const grant = grantsById.get(id)!;
      return html`${person(grant.userId)} (${grant.permission})`;
    }
    if (part === "support") return name(supportById.get(id) ?? id);
    if (id.startsWith("failed-")) return person(id.slice("failed-".length));
    const place = Number(id.replace(/^\D+/, ""));
    if (id.startsWith("network-")) return person(facts.activity.newNetworks[place]!.userId);
    if (id.startsWith("reuse-")) return person(facts.activity.reuses[place]!.userId);
    return html`${id === "company" ? "the company's" : "the platform's"}`;
  };
  return section(
    "findings",
    facts.findings.length === 0
      ? html`<p>Nothing stands out. Look at each row all the same.</p>`
      : html`<ol class="findings">${facts.findings.map(
          ({
            weight,
            count,
            says,
            rows,
            part,
          }) => html`<li class="${weight}"><span class="count">${count}</span><div>${says}
<div class="who soft">${rows
            .slice(0, NAMES_SHOWN)
            .map(
              (id, place) =>
                html`${place > 0 ? ", " : null}<a href="#${part === "trail" ? "trail" : `${part}-${id}`}">${called(part, id)}</a>`,
            )}${rows.length > NAMES_SHOWN ? html` <a href="#${part}">and ${rows.length - NAMES_SHOWN} more</a>` : null}</div></div></li>
`,
        )}</ol>`,
  );
}
