import { readFileSync } from "node:fs";
import { Html, html } from "../../html.ts";
import type { AccessLine, ReportData } from "./report_data.ts";
import { COMMANDS, callersOf, opened, proofSummary, rolesReaching, standing } from "./report_summary.ts";

/** The access review as one page that needs nothing but itself: no script, no other file. */
export function printHtml(data: ReportData, title = `Access review: ${data.database}`): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
${new Html(readFileSync(new URL("report.css", import.meta.url), "utf8"))}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="faint">${data.server} · ${data.at} · read as ${data.by} · schemas ${data.settings.schemas.join(", ")}</p>
${tiles(data)}
<nav>${["Matrix", "Tables", "Roles", "Ways around", "Lints", "Gaps", "Proof"].map(
    (name) => html`<a href="#${anchor(name)}">${name}</a>`,
  )}</nav>
</header>
<main>
${matrix(data)}
${tables(data)}
${roles(data)}
${bypasses(data)}
${lints(data)}
${gaps(data)}
${proof(data)}
</main>
</body>
</html>
`;
  return page.text;
}

/** A name that may be broken after its underscores. */
const breakable = (name: string): Html[] =>
  name.split(/(?<=_)/).map((part, place) => html`${place > 0 ? html`<wbr>` : null}${part}`);

const anchor = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

const heading = (name: string): Html => html`<h2 id="${anchor(name)}">${name}</h2>`;

function tiles(data: ReportData): Html {
  return html`<dl class="tiles">${standing(data).map(
    ({ what, says, mood }) => html`<div class="${mood}"><dt>${what}</dt><dd>${says}</dd></div>`,
  )}</dl>`;
}

/** What each role can do with each table, a letter a command. */
function matrix(data: ReportData): Html {
  const callers = rolesReaching(data);
  return html`${heading("Matrix")}
<p><span class="box some">S</span> select, <span class="box some">I</span> insert, <span class="box some">U</span> update, <span class="box some">D</span> delete:
rows that satisfy the policies. <span class="box all">S</span> every row. <span class="box other">S</span> as the view or foreign table says.
Roles that reach no row are left out, and so are superusers, whom nothing holds.</p>
<div class="scroll"><table class="matrix"><thead><tr><th>table</th>${callers.map((role) => html`<th>${breakable(role)}</th>`)}</tr></thead>
<tbody>${data.tables
    .filter((table) => callers.some((role) => opened(data, table.name, role).length > 0))
    .map(
      (
        table,
      ) => html`<tr><td class="name"><a href="#${anchor(`table ${table.name}`)}">${table.name}</a></td>${callers.map(
        (role) => html`<td>${COMMANDS.map((command) => box(opened(data, table.name, role), command))}</td>`,
      )}</tr>
`,
    )}</tbody></table></div>`;
}

function box(lines: readonly AccessLine[], command: string): Html {
  const line = lines.find((one) => one.command === command);
  const kind = !line
    ? "nothing"
    : line.reach === "every row"
      ? "all"
      : line.reach.startsWith("as ")
        ? "other"
        : "some";
  return html`<span class="box ${kind}" title="${command}: ${line?.reach ?? "none"}">${line ? command[0]!.toUpperCase() : "·"}</span>`;
}

function tables(data: ReportData): Html {
  return html`${heading("Tables")}${data.tables
    .filter(({ childOf }) => childOf === null)
    .map((table) => {
      const lines = callersOf(data).flatMap((role) => opened(data, table.name, role));
      const policies = data.policies.filter((policy) => policy.table === table.name);
      const children = data.tables.filter(({ childOf }) => childOf === table.name).length;
      return html`<section><h3 id="${anchor(`table ${table.name}`)}">${table.name}</h3>
<p class="faint">${[
        table.kind,
        ...(table.kind.includes("table") && table.kind !== "foreign table" ? [security(table)] : []),
        `owned by ${table.owner}`,
        ...(children > 0 ? [`${children} partitions or children`] : []),
      ].join(" · ")}</p>
${table.comment === null ? null : html`<p>${table.comment}</p>`}
${lines.length === 0 ? html`<p class="faint">No role reaches a row of it.</p>` : reach(lines)}
${
  policies.length === 0
    ? null
    : html`<details open><summary>${policies.length} ${policies.length === 1 ? "policy" : "policies"} as declared, and why</summary>
<table class="declared"><thead><tr><th>policy</th><th>for</th><th>why</th></tr></thead><tbody>${policies.map(
        (
          policy,
        ) => html`<tr><td>${policy.name}${policy.permissive ? null : html` <span class="mark warn">restrictive</span>`}</td>
<td>${policy.command} to ${policy.roles.map((role) => html`<div>${breakable(role)}</div>`)}</td><td>${policy.comment ?? html`<span class="mark warn">no comment</span>`}</td></tr>`,
      )}</tbody></table></details>`
}</section>
`;
    })}`;
}

const security = ({ rowSecurity, forced }: ReportData["tables"][number]): string =>
  rowSecurity ? (forced ? "row security, forced" : "row security, not forced") : "no row security";

/** What roles reach of one table, in words and in SQL; commands on the same condition share a row. */
function reach(lines: readonly AccessLine[]): Html {
  const rows = Map.groupBy(lines, (line) => `${line.role} ${condition(line).text}`);
  return html`<table class="reach"><thead><tr><th>who</th><th>may</th><th>on which condition</th></tr></thead><tbody>${[
    ...rows.values(),
  ].map(
    (same) => html`<tr><td class="name">${same[0]!.role}</td><td>${same.map(
      ({ command, columns }) =>
        html`<div>${command}${
          columns === null ? null : html` <small class="faint">${columns.join(", ")}</small>`
        }</div>`,
    )}</td><td>${condition(same[0]!)}</td></tr>
`,
  )}</tbody></table>`;
}

function condition(line: AccessLine): Html {
  if (line.reach !== "rows that satisfy the policies") {
    return html`<span class="mark ${line.reach === "every row" ? "warn" : ""}">${line.reach}</span>${
      line.reach === "every row" || line.note === null ? null : html`: ${line.note}`
    }`;
  }
  const sides =
    line.using === line.check || line.check === null
      ? [["", line.usingWords, line.using]]
      : [
          ...(line.using === null ? [] : [["rows that are there: ", line.usingWords, line.using]]),
          ["new rows: ", line.checkWords, line.check],
        ];
  return html`${line.permissions.map((name) => html`<span class="chip">${name}</span>`)}${sides.map(
    ([label, words, sql]) => html`<div>${label!}${words!}</div><pre>${sql!}</pre>`,
  )}`;
}

function roles(data: ReportData): Html {
  return html`${heading("Roles")}<table><thead><tr><th>role</th><th>is</th><th>member of</th><th>members</th><th>for</th></tr></thead><tbody>${data.roles.map(
    (role) =>
      html`<tr><td class="name">${role.name}</td><td>${role.attributes.map(
        (one) =>
          html`<div class="${/superuser|bypasses|replicates|makes/.test(one) ? "mark bad" : ""}">${one}</div>`,
      )}</td><td>${role.memberOf.join(", ")}</td><td>${role.members.join(", ")}</td><td>${role.comment}</td></tr>`,
  )}</tbody></table>`;
}

function bypasses(data: ReportData): Html {
  return html`${heading("Ways around")}
<p>Every way around row security. <span class="mark good">closed</span>: it belongs to the design, or something else closes it, as said.
<span class="mark bad">open</span>: somebody should look.</p>
<table><thead><tr><th></th><th>kind</th><th>what, and who</th><th>why</th></tr></thead><tbody>${[
    ...Map.groupBy(data.bypasses, (way) => `${way.accepted} ${way.kind} ${reasons(way)}`).values(),
  ].map(
    (
      ways,
    ) => html`<tr><td><span class="mark ${ways[0]!.accepted ? "good" : "bad"}">${ways[0]!.accepted ? "closed" : "open"}</span></td>
<td class="name">${ways[0]!.kind}</td><td>${ways.map(
      ({ object, who }) => html`<div>${object} <span class="faint">${who}</span></div>`,
    )}</td><td>${reasons(ways[0]!)}</td></tr>
`,
  )}</tbody></table>`;
}

/** Functions of one definer reach the same: that is told once, by what closes them. */
function reasons({ kind, why, because }: ReportData["bypasses"][number]): string {
  if (because === null) return why;
  return kind === "definer function" ? because : `${why}; ${because}`;
}

function lints({ lints: { open, accepted, checks } }: ReportData): Html {
  return html`${heading("Lints")}<p>${checks} checks; ${open.length} findings, ${accepted.length} accepted with a reason.</p>
${
  open.length + accepted.length === 0
    ? null
    : html`<table><thead><tr><th></th><th>check</th><th>where</th><th>what</th></tr></thead><tbody>${open.map(
        ({
          check,
          level,
          object,
          detail,
        }) => html`<tr><td><span class="mark ${level === "error" ? "bad" : "warn"}">${level}</span></td>
<td>${check.number} ${check.title}</td><td>${object}</td><td>${detail}</td></tr>`,
      )}${accepted.map(
        ({
          finding,
          by,
        }) => html`<tr><td><span class="mark good">accepted</span><br><small class="faint">until ${by.expires}</small></td>
<td>${finding.check.number} ${finding.check.title}</td><td>${finding.object}</td><td>${by.reason}</td></tr>`,
      )}</tbody></table>`
}`;
}

function gaps(data: ReportData): Html {
  return html`${heading("Gaps")}
<p>What is not access, and should be known: keys that are felt across tenants, indexes that row security keeps from being used, changes that leave no trace, and what would stop a distribution by tenant.</p>
${
  data.gaps.length === 0
    ? html`<p>None.</p>`
    : html`<table><thead><tr><th>kind</th><th>where</th><th>what</th></tr></thead><tbody>${data.gaps.map(
        ({ what, object, gap }) =>
          html`<tr><td class="name">${what}</td><td>${object}</td><td>${gap}</td></tr>`,
      )}</tbody></table>`
}`;
}

function proof(data: ReportData): Html {
  const summary = proofSummary(data);
  return html`${heading("Proof")}${
    summary === null
      ? html`<p class="mark warn">Not part of this report: nobody attacked the database for it (“rowhouse prove --format json”, then --proof).</p>`
      : html`<p><span class="mark ${summary.clean ? "good" : "bad"}">${summary.clean ? "Nothing crosses tenants." : "Something crosses tenants."}</span> ${summary.sentence}</p>
<table><thead><tr><th>target</th>${summary.statuses.map((status) => html`<th>${status}</th>`)}</tr></thead><tbody>${summary.rows.map(
          ([target, ...counts]) =>
            html`<tr><td>${target!}</td>${counts.map((count) => html`<td>${count}</td>`)}</tr>`,
        )}</tbody></table>`
  }`;
}
