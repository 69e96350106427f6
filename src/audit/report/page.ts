import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Html, html, type Part } from "../../html.ts";
import type { ReviewedKey, ReviewedPerson } from "./access.ts";
import { KNOWN_DAYS } from "./activity.ts";
import { bars } from "./bars.ts";
import { describer } from "./described_change.ts";
import type { Finding, ReportFacts, SealedTree } from "./facts.ts";
import { IDLE_DAYS } from "./findings.ts";

/** What the sections share: how times, people and roles are told, and what was found of which row. */
interface Telling {
  readonly facts: ReportFacts;
  readonly time: (at: Date | null, never?: string) => Part;
  readonly day: (at: Date | null, never?: string) => Part;
  readonly person: (id: string | null) => Html;
  readonly role: (id: string | null) => string;
  readonly marks: (part: Finding["part"], id: string) => Part;
}

const NAMES_SHOWN = 8;

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

const PARTS = [
  ["findings", "What to look at"],
  ["people", "People"],
  ["roles", "Roles"],
  ["grants", "Grants"],
  ["invitations", "Invitations"],
  ["keys", "API keys"],
  ["support", "Support"],
  ["connections", "Connections"],
  ["changes", "Changes"],
  ["activity", "Sign-ins"],
  ["trail", "The trail"],
] as const;

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

function tellingOf(facts: ReportFacts): Telling {
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

/** A text that somebody else wrote: which way it runs is its own affair, and it may be broken anywhere. */
const name = (text: string | null): Html => html`<bdi>${text ?? ""}</bdi>`;

const fact = (what: string, says: Part): Html => html`<div><dt>${what}</dt><dd>${says}</dd></div>`;

const counted = (number: number, one: string, more = `${one}s`): string =>
  `${number.toLocaleString("en")} ${number === 1 ? one : more}`;

function duration(minutes: number): string {
  if (minutes % 1_440 === 0) return counted(minutes / 1_440, "day");
  if (minutes % 60 === 0) return counted(minutes / 60, "hour");
  return counted(minutes, "minute");
}

function section(id: (typeof PARTS)[number][0], ...parts: Part[]): Html {
  const called = PARTS.find(([known]) => known === id)![1];
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${called}</h2>
${parts}</section>
`;
}

/** A table with a caption and heads that are repeated on each page. A head that ends with # is of numbers. */
function table(caption: Part, heads: readonly string[], rows: readonly Html[], kind = ""): Html {
  return html`<div class="wide"><table class="${kind}"><caption>${caption}</caption><thead><tr>${heads.map(
    (head) =>
      head.endsWith("#")
        ? html`<th scope="col" class="number">${head.slice(0, -1)}</th>`
        : html`<th scope="col">${head}</th>`,
  )}</tr></thead>
<tbody>
${rows}</tbody></table></div>`;
}

const left = (listed: { readonly rows: readonly unknown[]; readonly inAll: number }): Html | null =>
  listed.inAll > listed.rows.length
    ? html`<p><strong>${counted(listed.inAll - listed.rows.length, "more is", "more are")} not listed here.</strong></p>`
    : null;

const tags = (words: readonly string[]): Part =>
  words.length === 0
    ? html`<span class="soft">none</span>`
    : words.map((word) => html`<span class="tag">${word}</span>`);

function verdict({ verified, trees, keysGiven }: ReportFacts): Html {
  const waiting = trees.reduce((sum, tree) => sum + tree.waiting, 0);
  const over = trees.reduce((sum, { expired }) => sum + (expired?.leaves ?? 0), 0);
  const leaves = trees.reduce((sum, tree) => sum + tree.size, 0) - over;
  if (!verified) {
    const problems = trees.flatMap((tree) => tree.problems);
    return html`<div class="verdict broken" role="note"><strong>Not verified.</strong> What this review says may not be what happened: ${counted(problems.length, "problem")} in the trail, the first:
<br><bdi>${problems[0]!}</bdi>. <a href="#trail">More</a></div>`;
  }
  return html`<div class="verdict" role="note"><strong>Verified.</strong> ${counted(leaves, "event")} of the trail are what was sealed, and lead to what was signed${
    keysGiven ? " with the key that was given" : ", with keys that the database names"
  }.${over > 0 ? ` ${counted(over, "more is", "more are")} over: a signed leaf vouches for ${over === 1 ? "it" : "them"}.` : ""}${waiting > 0 ? ` ${counted(waiting, "event")} of the last moments ${waiting === 1 ? "is" : "are"} not sealed yet.` : ""} <a href="#trail">How to check</a></div>`;
}

function findings({ facts, person }: Telling): Html {
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

function people(telling: Telling): Html {
  const { facts } = telling;
  const active = facts.people.rows.filter(({ status }) => status === "active").length;
  return section(
    "people",
    html`<p>${counted(facts.people.inAll, "person", "people")}, ${active} of them active. Whoever is not active cannot come in. Last use is the latest of what their sessions and the trail know; a plain visit leaves no other trace than its session, which is kept for 90 days after its end.</p>`,
    left(facts.people),
    table(
      "Members, past ones too, active ones first. The boxes are for the reviewer.",
      [
        "Name and address",
        "Role and teams",
        "Status",
        "Last sign-in, last use",
        "Second factor",
        ...DECISIONS,
      ],
      facts.people.rows.map((one) => personRow(telling, one)),
      "people",
    ),
  );
}

function personRow({ time, day, role, marks }: Telling, one: ReviewedPerson): Html {
  const over = one.status !== "active";
  return html`<tr id="people-${one.id}"${over ? html` class="past"` : null}><th scope="row">${name(one.name)}<br><small>${name(one.email)}</small>${marks("people", one.id)}</th>
<td>${one.isOwner ? html`<span class="tag strong">owner</span> ` : null}${name(role(one.roleId))}${
    one.teams.length > 0
      ? html`<br><small>${one.teams.map((team, place) => html`${place > 0 ? ", " : null}${name(team)}`)}</small>`
      : null
  }</td>
<td>${one.status}${one.accountStatus === "active" ? null : html`, account ${one.accountStatus}`}<br><small>since ${day(one.since)}</small>${
    one.leavesAt === null ? null : html`<br><small>to be erased ${day(one.leavesAt)}</small>`
  }</td>
<td>${time(one.lastSignInAt)}<br><small>${time(one.lastUseAt)}</small></td>
<td>${one.secondFactor ? "yes" : "no"}<br><small>${one.ways.join(", ")}</small></td>
${boxes(!over)}</tr>
`;
}

/** Empty boxes, for a pen; who has no access any more needs no decision. */
const DECISIONS = ["Keep", "Change", "Remove"];
const boxes = (open: boolean): Html[] =>
  DECISIONS.map(
    (word) =>
      html`<td class="decide">${open ? html`<span class="box" role="img" aria-label="${word}: empty box"></span>` : null}</td>`,
  );

function roles({ facts }: Telling): Html {
  return section(
    "roles",
    table(
      "What each role may do, and how many have it now; keys and invitations with the role count too.",
      ["Role", "Permissions", "People#", "Guests#", "Keys#", "Invited#"],
      facts.roles.map(
        (
          role,
        ) => html`<tr id="roles-${role.id}"><th scope="row">${name(role.name)}<br><small>${role.builtIn ? "built in" : "the company's own"}${
          role.description === "" ? null : html`: ${name(role.description)}`
        }</small></th>
<td>${tags(role.permissions)}</td><td class="number">${role.people}</td><td class="number">${role.guests}</td><td class="number">${role.keys}</td><td class="number">${role.invitations}</td></tr>
`,
      ),
    ),
  );
}

function grants({ facts, person, time, marks }: Telling): Html {
  return section(
    "grants",
    facts.grants.length === 0
      ? html`<p>Nobody holds a permission for a time.</p>`
      : table(
          "Permissions for a time that have not ended.",
          ["Who", "May", "Until", "Given by", "Why"],
          facts.grants.map(
            (
              grant,
            ) => html`<tr id="grants-${grant.id}"><th scope="row">${person(grant.userId)}${marks("grants", grant.id)}</th><td>${tags([grant.permission])}</td>
<td>${time(grant.endsAt)}<br><small>since ${time(grant.createdAt)}</small></td><td>${person(grant.grantedBy)}</td><td>${name(grant.reason)}</td></tr>
`,
          ),
        ),
  );
}

function invitations({ facts, person, role, time }: Telling): Html {
  return section(
    "invitations",
    facts.invitations.inAll === 0
      ? html`<p>Nobody is invited and has not come.</p>`
      : html`${left(facts.invitations)}${table(
          "Who was asked in and has not come yet.",
          ["Address", "As", "Invited by", "Sent", "Ends"],
          facts.invitations.rows.map(
            (
              one,
            ) => html`<tr><th scope="row">${name(one.email)}</th><td>${name(role(one.roleId))}${one.teams.length > 0 ? html`<br><small>${name(one.teams.join(", "))}</small>` : null}</td><td>${person(one.invitedBy)}</td><td>${time(one.sentAt)}</td><td>${time(one.expiresAt)}</td></tr>
`,
          ),
        )}`,
  );
}

function keys(telling: Telling): Html {
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

function support({ facts, person, time, marks }: Telling): Html {
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

const TOLD: Readonly<Record<string, string>> = {
  webhook: "is sent",
  domain: "its people join as",
  "tool server": "is called as",
};

function connections({ facts, day }: Telling): Html {
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

function changes({ facts, time }: Telling): Html {
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

/** Days that are plotted one by one; more than that go by weeks. */
const DAYS_PLOTTED = 200;

function signIns(telling: Telling): Html {
  const { facts, person, time, marks } = telling;
  const { days, failedAccounts, failedNetworks, refusals, newNetworks, reuses } = facts.activity;
  const total = (of: "signIns" | "failures"): number => days.reduce((sum, one) => sum + one[of], 0);
  const weeks = inWeeks(days);
  const plotted = days.length > DAYS_PLOTTED ? weeks : days;
  const each = days.length > DAYS_PLOTTED ? "week" : "day";
  const plot = (of: "signIns" | "failures", called: string): Html => {
    const most = plotted.reduce((best, one) => (one[of] > best[of] ? one : best), plotted[0]!);
    const says =
      total(of) === 0
        ? `No ${called.toLowerCase()}.`
        : `${counted(total(of), "in all", "in all")}, most on ${most.day} (${most[of]}).`;
    return html`<figure><figcaption>${called} by ${each} <span class="soft">${says}</span></figcaption>
${bars(
  `${called} by ${each}: ${says}`,
  plotted.map((one) => ({ name: one.day, value: one[of] })),
  of === "failures" ? "failed" : "done",
)}</figure>`;
  };
  const nothing = (text: string): Html => html`<p>${text}</p>`;
  return section(
    "activity",
    html`<p>Of the company's people: a sign-in is one to this company, or coming over from another. A failed one is of their account, because before it succeeds nobody knows for which company it is meant.</p>`,
    plot("signIns", "Sign-ins"),
    plot("failures", "Failed sign-ins"),
    table(
      "The same by week; a week is called by its first day in the period.",
      ["Week from", "Sign-ins#", "Failed#"],
      weeks.map(
        (
          week,
        ) => html`<tr><th scope="row">${week.day}</th><td class="number">${week.signIns}</td><td class="number">${week.failures}</td></tr>
`,
      ),
      "narrow",
    ),
    html`<h3>Failed sign-ins</h3>`,
    failedAccounts.length === 0
      ? nothing("None failed.")
      : html`${table(
          "Whose accounts, the most first.",
          ["Account", "Failed#", "Networks#", "Last"],
          failedAccounts.map(
            (
              one,
            ) => html`<tr id="activity-failed-${one.userId}"><th scope="row">${person(one.userId)}${marks("activity", `failed-${one.userId}`)}</th><td class="number">${one.failures}</td><td class="number">${one.spread}</td><td>${time(one.lastAt)}</td></tr>
`,
          ),
        )}${table(
          "From which networks, the most first.",
          ["Network", "Failed#", "Accounts#", "Last"],
          failedNetworks.map(
            (
              one,
            ) => html`<tr><th scope="row">${one.network}</th><td class="number">${one.failures}</td><td class="number">${one.spread}</td><td>${time(one.lastAt)}</td></tr>
`,
          ),
        )}`,
    html`<h3>Refused</h3>`,
    refusals.length === 0
      ? nothing("Nobody was refused anything.")
      : table(
          "What was asked for without the right to it, or with a credential that is over.",
          ["What was missing", "Code", "Times#", "People#", "Last"],
          refusals.map(
            (
              one,
            ) => html`<tr><th scope="row">${name(one.what === "" ? "not said" : one.what)}</th><td>${name(one.code)}</td><td class="number">${one.refusals}</td><td class="number">${one.people}</td><td>${time(one.lastAt)}</td></tr>
`,
          ),
        ),
    html`<h3>From a new network</h3>`,
    newNetworks.length === 0
      ? nothing(
          `Nobody came from a network that they had not come from in the period or the ${KNOWN_DAYS} days before. Who had not signed in before at all is not counted.`,
        )
      : table(
          `First sign-ins from a network (/24 of IPv4, /64 of IPv6) of people who had come from others in the ${KNOWN_DAYS} days before the period, the newest first.`,
          ["Who", "Network", "First", "Sign-ins#"],
          newNetworks.map(
            (
              one,
              place,
            ) => html`<tr id="activity-network-${place}"><th scope="row">${person(one.userId)}</th><td>${one.network}</td><td>${time(one.firstAt)}</td><td class="number">${one.signIns}</td></tr>
`,
          ),
        ),
    html`<h3>Refresh tokens used twice</h3>`,
    reuses.length === 0
      ? nothing("None.")
      : table(
          "Each ended its session.",
          ["Whose", "When", "From"],
          reuses.map(
            (
              one,
              place,
            ) => html`<tr id="activity-reuse-${place}"><th scope="row">${person(one.userId)}</th><td>${time(one.at)}</td><td>${one.network}</td></tr>
`,
          ),
        ),
  );
}

function inWeeks(days: ReportFacts["activity"]["days"]): ReportFacts["activity"]["days"] {
  const weeks = Map.groupBy(days, ({ day }) => {
    const monday = new Date(`${day}T00:00:00Z`);
    monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
    return monday.getTime();
  });
  return [...weeks.values()].map((week) => ({
    day: week[0]!.day,
    signIns: week.reduce((sum, { signIns: count }) => sum + count, 0),
    failures: week.reduce((sum, { failures }) => sum + failures, 0),
  }));
}

function trail({ facts }: Telling): Html {
  const tree = (
    one: SealedTree,
  ): Html => html`<h3>${one.of === "company" ? "Of the company" : "Of no company"}</h3>
<p>${one.of === "company" ? "What happened in the company." : "What belongs to no company: sign-ins that failed, and what became of accounts."}
${counted(one.size, "event")} sealed, ${one.expired === null ? "" : `${one.expired.leaves.toLocaleString("en")} of them over, `}${one.signed === one.size ? "all" : one.signed.toLocaleString("en")} signed for, ${one.waiting.toLocaleString("en")} not sealed yet. ${
    one.problems.length === 0
      ? html`<strong>Verified.</strong>`
      : html`<strong>${counted(one.problems.length, "problem")}.</strong>`
  }</p>
${one.problems.length === 0 ? null : html`<ul>${one.problems.slice(0, 20).map((problem) => html`<li>${name(problem)}</li>`)}</ul>`}
${one.checkpoint === null ? html`<p>There is no checkpoint.</p>` : html`<pre>${one.checkpoint}</pre>`}`;
  return section(
    "trail",
    html`<p>Each event is a leaf of a Merkle tree, and each tree is signed as it grows. Before this page was made, every leaf was computed again from its event, but for what is over. The texts below are the last checkpoints: whoever keeps this page can have the trail compared with them, however much later (<code>rowhouse audit verify --checkpoints FILE</code>).</p>`,
    facts.keysGiven
      ? html`<p>The signatures are by the key that was given to whoever made this page.</p>`
      : html`<p>The signatures are by the keys that the database names; <code>--key</code> compares with one that somebody has from elsewhere.</p>`,
    facts.trees.map(tree),
  );
}
