import { type Html, html } from "../../../html.ts";
import { KNOWN_DAYS } from "../activity.ts";
import { bars } from "../bars.ts";
import type { ReportFacts } from "../facts.ts";
import { counted, name, section, table } from "./parts.ts";
import type { Telling } from "./telling.ts";

/** Days that are plotted one by one; more than that go by weeks. */
const DAYS_PLOTTED = 200;

/** Who came in, who did not, and what was refused. */
export function signIns(telling: Telling): Html {
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
