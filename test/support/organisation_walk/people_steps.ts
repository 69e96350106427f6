import { accept, arm } from "../invitations.ts";
import type { Person } from "../people.ts";
import {
  any,
  type Came,
  type Company,
  oneOf,
  type Random,
  type Somebody,
  somebodyWhoMay,
  within,
} from "./company.ts";

/** Who comes, goes, and rises: what is tried, as often as it stands here. */
const KINDS = [
  ...["invite", "invite", "invite", "accept", "accept", "accept", "accept"],
  ...["role", "suspend", "reactivate", "reactivate", "remove", "crown", "transfer", "resend", "revoke"],
];

const NOBODY = "00000000-0000-4000-8000-000000000000";

/** One random step among people; its name and what came of it. */
export async function stepAmongPeople(company: Company, random: Random): Promise<Came> {
  const { database, people, links } = company;
  const kind = any(KINDS, random);
  const needed = kind === "transfer" || kind === "crown" ? "owner" : "manage_users";
  const actor = random() < 0.7 ? await somebodyWhoMay(company, needed, random) : any(people, random);
  const other = any(people, random);
  const role = any(company.roleIds, random);
  if (kind === "accept") {
    if (links.length === 0) return [kind, "nothing"];
    const mailed = any(links, random);
    const who = random() < 0.9 ? mailed.to : other;
    return [kind, await accept(database, mailed.link, who.outside)];
  }
  if (kind === "invite") {
    const came = await within(company, actor, "select id from app.invite_member($1, $2)", [
      other.email,
      role,
    ]);
    if (came === "ok") await open(company, other);
    return [kind, came];
  }
  if (kind === "resend" || kind === "revoke") {
    const { rows } = await database.admin.query(
      "select id from app.invitations where email = $1 order by created_at desc limit 1",
      [other.email],
    );
    if (!rows[0]) return [kind, "nothing"];
    const came = await within(company, actor, `select id from app.${kind}_invitation($1)`, [rows[0].id]);
    if (came === "ok" && kind === "resend") await open(company, other);
    return [kind, came];
  }
  if (kind === "remove" && random() < 0.5)
    return ["leave", await within(company, other, "select app.leave_tenant()", [])];
  const id = await memberId(company, other, random);
  if (kind === "role") {
    const sql = "update app.memberships set role_id = $2 where id = $1";
    return [kind, await within(company, actor, sql, [id, role])];
  }
  if (kind === "crown") {
    const sql = "update app.memberships set is_owner = $2 where id = $1";
    return [kind, await within(company, actor, sql, [id, random() < 0.5])];
  }
  if (kind === "transfer")
    return [kind, await within(company, actor, "select app.transfer_ownership($1)", [id])];
  return [kind, await within(company, actor, `select app.${kind}_member($1)`, [id])];
}

export async function memberId(company: Company, person: Person, random: Random): Promise<string> {
  const sql = "select id from app.memberships where user_id = $1";
  return (await oneOf<{ id: string }>(company, random, sql, [person.userId]))?.id ?? NOBODY;
}

/** The newest mail to somebody is sent. */
async function open({ database, links }: Company, to: Somebody): Promise<void> {
  const { rows } = await database.admin.query(
    "select id from app.invitations where email = $1 order by created_at desc limit 1",
    [to.email],
  );
  links.push({ link: await arm(database, rows[0].id), to });
  if (links.length > 60) links.shift();
}
