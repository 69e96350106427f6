import { type Html, html } from "../../../html.ts";
import type { ReviewedPerson } from "../access.ts";
import { boxes, counted, DECISIONS, left, name, section, table, tags } from "./parts.ts";
import type { Telling } from "./telling.ts";

/** Members, with what each may do and how they come in. */
export function people(telling: Telling): Html {
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

export function roles({ facts }: Telling): Html {
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

export function grants({ facts, person, time, marks }: Telling): Html {
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

export function invitations({ facts, person, role, time }: Telling): Html {
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
