import { createHash } from "node:crypto";
import pg from "pg";
import { InspectError } from "./install.ts";
import type { Builder } from "./prove_builder.ts";
import type { Caller, House, Person } from "./prove_house.ts";
import type { Targets } from "./prove_targets.ts";
import { candidates, type Mint } from "./prove_values.ts";

/** How callers come into a database. */
export interface Door {
  /** The session variables that hold the context. */
  readonly variables: readonly string[];
  /** Whether a variable that a caller wrote themselves must not open anything. */
  readonly sealed: boolean;
  /** Makes a tenant and its people. */
  furnish(client: pg.ClientBase, mint: Mint, letter: House["letter"]): Promise<House>;
  /** Who tries, from a house. */
  callers(house: House): readonly Caller[];
}

const quote = pg.escapeLiteral;

/** The door of another database: how its callers say who they are. `$tenant` and `$user` are filled in. */
export interface DoorTemplate {
  readonly enter: readonly string[];
  readonly variables: readonly string[];
  readonly sealed: boolean;
  /** The table of the people, if `$user` is used. */
  readonly users: string | null;
  readonly roles: readonly string[];
}

/** A door that consists of statements with `$tenant` and `$user` in them. */
export function templateDoor(template: DoorTemplate, targets: Targets, builder: () => Builder): Door {
  const fill = (sql: string, tenant: string, user: string | null): string =>
    sql
      .replaceAll("$tenant", () => quote(tenant))
      .replaceAll("$user", () => (user === null ? "null" : quote(user)));
  return {
    variables: template.variables,
    sealed: template.sealed,
    async furnish(_client, mint, letter) {
      const setup: string[] = [];
      const house: House = {
        letter,
        tenant: tenantValue(targets, mint),
        mint,
        people: [],
        setup,
        rows: [],
        unbuilt: new Map(),
      };
      if (targets.tenants) {
        const { table, key } = targets.tenants;
        const built = await builder().build(house, table, null);
        if (typeof built === "string")
          throw new ProveError(`no row of ${table.name} could be built: ${built}`);
        setup.push(built.statement!);
        Object.assign(house, { tenant: built.values[key] });
      }
      const users = [...targets.catalogue.relations.values()].find(({ name }) => name === template.users);
      if (template.users !== null && !users) throw new ProveError(`there is no table ${template.users}`);
      const people: Person[] = [];
      for (const name of users ? ["member", "colleague"] : []) {
        const built = await builder().build(house, users!, null);
        if (typeof built === "string")
          throw new ProveError(`no row of ${users!.name} could be built: ${built}`);
        setup.push(...[...built.needs, built].flatMap(({ statement }) => statement ?? []));
        people.push({ name, id: built.values[users!.uniqueKeys[0]?.columns.at(-1) ?? "id"] ?? null });
      }
      return Object.assign(house, { people: people.length > 0 ? people : [{ name: "member", id: null }] });
    },
    callers: (house) =>
      template.roles.flatMap((role) => [
        ...(template.enter.length === 0
          ? []
          : [
              {
                name: template.roles.length > 1 ? `${role} inside` : "inside",
                role,
                enter: template.enter
                  .map((sql) => fill(sql, house.tenant, house.people[0]?.id ?? null))
                  .join("; "),
                person: house.people[0] ?? null,
              },
            ]),
        { name: template.roles.length > 1 ? `${role} outside` : "outside", role, enter: null, person: null },
      ]),
  };
}

/** Something that keeps the proof from beginning. */
export class ProveError extends InspectError {}

function tenantValue(targets: Targets, mint: Mint): string {
  for (const relation of targets.owned) {
    const column = relation.columns.find(({ name }) => name === targets.tenantColumnOf(relation));
    const [first] = column ? candidates(column, [], mint) : [];
    if (first !== undefined) return first;
  }
  return mint.uuid();
}

/** Our own door: sessions made for the purpose, people of every role, an API key. */
export const ourDoor: Door = {
  variables: ["rowhouse.context"],
  sealed: true,
  async furnish(client, mint, letter) {
    const tenant = mint.uuid();
    const names =
      letter === "A" ? ["owner", "admin", "member", "colleague", "viewer", "delegate"] : ["owner", "member"];
    const people = names.map((name): Person => ({ name, id: mint.uuid() }));
    const roles = await builtInRoles(client, people[0]!.id!, mint);
    const roleIds = new Map([...roles, { name: "delegate" }].map(({ name }) => [name, mint.uuid()]));
    const roleOf: Readonly<Record<string, string>> = { owner: "admin", colleague: "member" };
    const setup = [
      `insert into app.tenants (id, slug, name) values ('${tenant}', '${mint.token}', ${quote(`${mint.token} house`)})`,
      ...roles.map(
        ({ name, permissions }) =>
          `insert into app.roles (tenant_id, id, name, permissions, built_in) values ('${tenant}', '${roleIds.get(name)}', ${quote(name)}, ${quote(permissions)}, true)`,
      ),
      `insert into app.roles (tenant_id, id, name, permissions) values ('${tenant}', '${mint.uuid()}', '${mint.token} helper', '{chat}')`,
      // Manages people and roles and holds nothing else: what they may give away shows in what is refused.
      `insert into app.roles (tenant_id, id, name, permissions) values ('${tenant}', '${roleIds.get("delegate")}', '${mint.token} delegate', '{manage_roles,manage_users}')`,
      ...people.flatMap(({ name, id }) => [
        `insert into app.users (id, email, name) values ('${id}', '${mint.token}.${name}@example.com', '${mint.token} ${name}')`,
        `insert into app.memberships (tenant_id, id, user_id, role_id, is_owner, display_name) values ('${tenant}', '${mint.uuid()}', '${id}', '${roleIds.get(roleOf[name] ?? name)}', ${name === "owner"}, '${mint.token} ${name}')`,
        `insert into auth.sessions (id, user_id, tenant_id, handle_digest) values ('${mint.uuid()}', '${id}', '${tenant}', sha256(${credential(id!)}))`,
      ]),
      `insert into auth.api_keys (tenant_id, id, user_id, name, digest, scopes) values ('${tenant}', '${mint.uuid()}', '${member(people).id}', '${mint.token}', sha256(${credential(`key of ${member(people).id}`)}), '{chat}')`,
    ];
    for (const statement of setup) await client.query(statement);
    return { letter, tenant, mint, people, setup, rows: [], unbuilt: new Map() };
  },
  callers(house) {
    const enter = (secret: string): string => `select context.enter(${credential(secret)})`;
    const inside = house.people
      .filter(({ name }) => name !== "colleague")
      .map(
        (person): Caller => ({ name: person.name, role: "rowhouse_app", enter: enter(person.id!), person }),
      );
    const person = member(house.people);
    const outside = (name: string, role: string): Caller => ({ name, role, enter: null, person: null });
    return [
      ...inside,
      { name: "API key", role: "rowhouse_app", enter: enter(`key of ${person.id}`), person },
      outside("nobody", "rowhouse_app"),
      outside("sign-in", "rowhouse_auth"),
      { name: "worker", role: "rowhouse_worker", enter: enter(person.id!), person },
      outside("auditor", "rowhouse_auditor"),
      // Who owns the tables: row security is forced, and triggers refuse what it does not ask.
      outside("migrations", "rowhouse_owner"),
    ];
  },
};

const member = (people: readonly Person[]): Person => people.find(({ name }) => name === "member")!;

/** What the door takes: a digest of the secret. Here the secret is no secret, and the row is rolled back. */
const credential = (secret: string): string =>
  `'\\x${createHash("sha256").update(secret).digest("hex")}'::bytea`;

/** The roles that every new tenant gets, as auth.create_tenant() makes them; the trial is undone. */
async function builtInRoles(client: pg.ClientBase, owner: string, mint: Mint) {
  await client.query("savepoint roles");
  try {
    await client.query("insert into app.users (id, email, name) values ($1, $2, $2)", [
      owner,
      `${mint.token}@example.com`,
    ]);
    const slug = `${mint.token}-trial`;
    const made = await client.query<{ id: string }>("select auth.create_tenant($1, 'Trial', $2) as id", [
      slug,
      owner,
    ]);
    const { rows } = await client.query<{ name: string; permissions: string }>(
      "select name, permissions::text from app.roles where tenant_id = $1 order by name",
      [made.rows[0]!.id],
    );
    return rows;
  } finally {
    await client.query("rollback to savepoint roles; release savepoint roles");
  }
}

/** Whether this is a Rowhouse database. */
export async function isOurs(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean }>(
    "select to_regprocedure('context.enter(bytea, jsonb)') is not null and to_regclass('auth.sessions') is not null as ours",
  );
  return rows[0]!.ours;
}
