import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Html, html, type Part } from "../../../html.ts";
import type { ReportFacts } from "../facts.ts";
import { signIns } from "./activity.ts";
import { changes } from "./changes.ts";
import { findings } from "./findings.ts";
import { connections, keys, support } from "./keys.ts";
import { counted, name, PARTS } from "./parts.ts";
import { grants, invitations, people, roles } from "./people.ts";
import { tellingOf } from "./telling.ts";
import { trail, verdict } from "./trail.ts";

/** The access review as one page that needs nothing but itself, to be read and to be printed: no script, no other file. */
export function printReport(facts: ReportFacts): string {
  const telling = tellingOf(facts);
  const style = styleFor(facts);
  const digest = createHash("sha256").update(style).digest("base64");
  const { tenant, period, made } = facts;
  const title = `Access review of ${tenant.name}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#findings">To what to look at</a>
<header>
<p class="kicker">Access review</p>
<h1>${name(tenant.name)}</h1>
<p class="period">${telling.time(period.from)} to ${telling.time(period.to)}${
    period.to > made.at ? html` <span class="soft">(not over yet)</span>` : null
  }</p>
<dl class="facts">
${fact("Company", html`${tenant.slug}, ${tenant.status}, since ${telling.day(tenant.createdAt)}`)}
${fact("Access as of", telling.time(made.at))}
${fact("Times are of", period.timeZone)}
${fact("Read by", html`${name(made.login)}, as rowhouse_auditor`)}
${fact("Database", html`${name(made.database)}, ${made.server}`)}
${fact("Software", made.software)}
${fact("Second factor", tenant.requiresSecondFactor ? "required of everybody" : "not required")}
${fact("Ways to sign in", tenant.signInWays === null ? "all that the server has" : tenant.signInWays.join(", "))}
${fact("A session ends", `after ${duration(tenant.sessionIdleMinutes)} unused, ${duration(tenant.sessionLifetimeMinutes)} at most`)}
${fact("Operator's support", { off: "is not let in", read: "may look", write: "may look and change" }[tenant.supportAccess] ?? tenant.supportAccess)}
${fact("Guests", tenant.allowsGuests ? `are let in; ${tenant.guests} now` : "are not let in")}
</dl>
${verdict(facts)}
<nav aria-label="Parts of this review"><ul>${PARTS.map(([id, called]) => html`<li><a href="#${id}">${called}</a></li>`)}</ul></nav>
</header>
<main>
${findings(telling)}
${people(telling)}
${roles(telling)}
${grants(telling)}
${invitations(telling)}
${keys(telling)}
${support(telling)}
${connections(telling)}
${changes(telling)}
${signIns(telling)}
${trail(telling)}
</main>
<footer>
<div class="signed"><div>Reviewed by</div><div>Date</div><div>Signature</div></div>
<p class="soft">That this review was made is in the company's trail as <code>audit.reported</code>, with the SHA-256 of this file.</p>
</footer>
</body>
</html>
`.text;
}

/** Page heads and feet are CSS, into which goes nothing but what is letters, digits and hyphens. */
function styleFor({ tenant, period }: ReportFacts): string {
  const slug = tenant.slug.replaceAll(/[^a-z0-9-]/g, "");
  const [from, to] = [period.from, period.to].map((at) => at.toISOString().slice(0, 10));
  return `${readFileSync(new URL("report.css", import.meta.url), "utf8")}
@page {
  size: A4;
  margin: 17mm 14mm 18mm;
  @bottom-left { content: "Access review · ${slug} · ${from} to ${to}"; font: 8pt system-ui, sans-serif; color: #556070; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif; color: #556070; }
}
`;
}

const fact = (what: string, says: Part): Html => html`<div><dt>${what}</dt><dd>${says}</dd></div>`;

function duration(minutes: number): string {
  if (minutes % 1_440 === 0) return counted(minutes / 1_440, "day");
  if (minutes % 60 === 0) return counted(minutes / 60, "hour");
  return counted(minutes, "minute");
}
