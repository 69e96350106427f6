import type pg from "pg";
import { withTriggersOff } from "./triggers_off.ts";

/** A person with a session: `handle` opens the door as `context.enter(sha256(handle))`. */
export interface Person {
  readonly userId: string;
  readonly handle: string;
}

/**
 * Makes a tenant whose first person is an admin and whose others are members, each with a session.
 * Triggers are off meanwhile: this is furniture, not what is measured.
 */
export async function addRows(admin: pg.Pool, slug: string, people: number): Promise<Person[]> {
  return withTriggersOff(admin, async (client) => {
    await client.query(
      `insert into app.users (email, name)
       select format('%s@%s.example', n, $1::text), format('Person %s', n) from generate_series(1, $2) as n`,
      [slug, people],
    );
    await client.query("select auth.create_tenant($1, $1, (select id from app.users where email = $2))", [
      slug,
      `1@${slug}.example`,
    ]);
    await client.query(
      `insert into app.memberships (tenant_id, user_id, role_id, display_name)
       select role.tenant_id, person.id, role.id, person.name
       from app.users as person
       join app.tenants as tenant on tenant.slug = $1
       join app.roles as role on role.tenant_id = tenant.id and role.name = 'member'
       where person.email like '%@' || $1 || '.example' and person.email <> '1@' || $1 || '.example'`,
      [slug],
    );
    const { rows } = await client.query<Person>(
      `insert into auth.sessions (id, user_id, tenant_id, handle_digest)
       select gen_random_uuid(), person.id, tenant.id, sha256(sha256(convert_to(person.email, 'UTF8')))
       from app.users as person join app.tenants as tenant on tenant.slug = $1
       where person.email like '%@' || $1 || '.example'
       order by person.id
       returning user_id as "userId",
         (select email from app.users where users.id = sessions.user_id) as handle`,
      [slug],
    );
    return rows.sort((a, b) => Number.parseInt(a.handle, 10) - Number.parseInt(b.handle, 10));
  });
}

/** Begins a transaction and enters it as the person. The caller ends it. */
export async function enter(client: pg.ClientBase, person: Person): Promise<void> {
  await client.query("begin");
  await client.query("select context.enter(sha256(convert_to($1, 'UTF8')))", [person.handle]);
}
