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
import { memberId } from "./people_steps.ts";

/** What people are given for a time, and who is in which team: what is tried, as often as it stands here. */
const KINDS = [
  ...["give", "give", "give", "end", "expire", "expire the giver's", "demote the giver", "tidy"],
  ...["bring", "bring", "bring", "take out", "lead", "found", "found", "dissolve"],
];

const PERMISSIONS = ["chat", "manage_users", "manage_teams", "view_audit", "manage_tenant"];

/** One random step with powers; its name and what came of it. */
export async function stepWithPowers(company: Company, random: Random): Promise<Came> {
  const { database, people } = company;
  const kind = any(KINDS, random);
  const other = any(people, random);
  const who = async (permission: string) =>
    random() < 0.7 ? await somebodyWhoMay(company, permission, random) : any(people, random);
  const row = (sql: string) => oneOf<Record<string, string>>(company, random, sql);

  switch (kind) {
    case "give": {
      const sql = `insert into app.grants (user_id, permission, reason, ends_at)
        values ($1, $2, 'The walk', now() + interval '1 day')`;
      const given = any(PERMISSIONS, random);
      return [kind, await within(company, await who("manage_users"), sql, [other.userId, given])];
    }
    case "end": {
      const grant = await row("select id from app.grants order by id");
      if (!grant) return [kind, "nothing"];
      const sql = "delete from app.grants where id = $1";
      return [kind, await within(company, await who("manage_users"), sql, [grant.id])];
    }
    case "expire":
    case "expire the giver's": {
      const grant = await row(
        `select id from app.grants as one where ends_at > now()
         ${kind === "expire" ? "" : "and exists (select from app.grants as passed where passed.granted_by = one.user_id)"}`,
      );
      if (!grant) return [kind, "nothing"];
      const { rowCount } = await database.admin.query(
        "update app.grants set created_at = now() - interval '2 days', ends_at = now() - interval '1 second' where id = $1",
        [grant.id],
      );
      return [kind, rowCount ? "ok" : "nothing"];
    }
    case "demote the giver": {
      const grant = await row("select granted_by from app.grants where ends_at > now()");
      const giver = people.find(({ userId }) => userId === grant?.granted_by);
      if (!giver) return [kind, "nothing"];
      const id = await memberId(company, giver, random);
      const sql =
        "update app.memberships set role_id = (select id from app.roles where name = 'viewer') where id = $1";
      return [kind, await within(company, await who("manage_users"), sql, [id])];
    }
    case "tidy": {
      const { rows } = await database.worker.query("select jobs.expire_grants() as tidied");
      return [kind, rows[0].tidied > 0 ? "ok" : "nothing"];
    }
    case "found": {
      const sql = "insert into app.teams (name) values ($1)";
      return [
        kind,
        await within(company, await who("manage_teams"), sql, [`Team ${Math.floor(random() * 6)}`]),
      ];
    }
  }
  return stepInTeam(company, random, kind, who);
}

/** The same among those of a team, often at the hands of one of its leads. */
async function stepInTeam(
  company: Company,
  random: Random,
  kind: string,
  who: (permission: string) => Promise<Somebody>,
): Promise<Came> {
  const team = await oneOf<{ id: string }>(company, random, "select id from app.teams order by id");
  if (!team) return [kind, "nothing"];
  const someoneWith = async (roles: string[]) => {
    const sql = "select user_id from app.team_members where team_id = $1 and role = any ($2) order by id";
    const place = await oneOf<{ user_id: string }>(company, random, sql, [team.id, roles]);
    return company.people.find(({ userId }) => userId === place?.user_id);
  };
  const actor = (random() < 0.4 && (await someoneWith(["lead"]))) || (await who("manage_teams"));
  if (kind === "dissolve") {
    return [kind, await within(company, actor, "delete from app.teams where id = $1", [team.id])];
  }
  if (kind === "bring") {
    const sql = "insert into app.team_members (team_id, user_id, role) values ($1, $2, $3)";
    const as = random() < 0.3 ? "lead" : "member";
    return [kind, await within(company, actor, sql, [team.id, any(company.people, random).userId, as])];
  }
  const sql =
    kind === "lead"
      ? "update app.team_members set role = 'lead' where team_id = $1 and user_id = $2"
      : "delete from app.team_members where team_id = $1 and user_id = $2";
  const other = (await someoneWith(["lead", "member"])) ?? any(company.people, random);
  return [kind, await within(company, actor, sql, [team.id, other.userId])];
}
