import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { inDoor } from "../support/in_door.ts";
import { accept, arm } from "../support/invitations.ts";
import { createSession, createTenant, type Person, type Session, type Tenant } from "../support/people.ts";

// What holds of a company's people, whatever they do at once: random steps on eight connections, and after each batch the
// invariants, asked in SQL. ORGANISATION_STEPS=100000 takes many more of them; ORGANISATION_SEED plays one run again.

const STEPS = Number(process.env.ORGANISATION_STEPS ?? 2_000);
const SEED = Number(process.env.ORGANISATION_SEED ?? randomBytes(4).readUInt32LE());
const CONNECTIONS = 8;
const BATCH = 400;
const SEATS = 9;

/** Refusals that are right, whatever was tried; anything else is a fault. 40P01: two changes crossed, and one gave way. */
const REFUSALS = ["RH401", "RH403", "RH404", "RH409", "RH470", "RH471", "RH472", "RH473", "RH476", "40P01"];
/** What an acceptance answers where it is no membership. */
const NOT_ACCEPTED = [
  "invalid_token",
  "another_person",
  "already_member",
  "membership_suspended",
  "membership_removed",
  "inviter_may_not",
  "ended",
];

/** A generator of numbers from 0 to 1 (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Somebody extends Person {
  /** Opens the company's door while they are in it. */
  inside: Session | null;
  /** Proves who they are, whether they are in it or not. */
  readonly outside: Session;
}

let database: TestDatabase;
let acme: Tenant;
let people: Somebody[];
let roles: string[];
/** Links that were mailed, good or not any more. */
const links: { link: Buffer; to: Somebody }[] = [];
beforeAll(async () => {
  database = await createDatabase();
  acme = await createTenant(database, { slug: "acme" });
  await database.admin.query("update app.tenants set seats = $1", [SEATS]);
  await database.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'personnel', '{chat,manage_users}')",
    [acme.tenantId],
  );
  // All but that of guests, which nobody with an account is given.
  roles = (
    await database.admin.query("select id from app.roles where name <> 'guest' order by name")
  ).rows.map(({ id }) => id);
  people = [];
  for (let n = 0; n < 16; n++) {
    const { rows } = await database.admin.query<{ id: string }>(
      "insert into app.users (email, name) values ($1, $2) returning id",
      [`person${n}@example.com`, `Person ${n}`],
    );
    const person = { userId: rows[0]!.id, email: `person${n}@example.com`, name: `Person ${n}` };
    people.push({ ...person, inside: null, outside: await createSession(database, person, null) });
  }
  people.push({
    ...acme.owner,
    inside: acme.owner,
    outside: await createSession(database, acme.owner, null),
  });
  // What each step was allowed to give, noted by the database itself in the step's own transaction.
  await database.admin.query(`
    create table public.given (at timestamptz default clock_timestamp(), actor text[], role text[], owner boolean);
    grant insert on public.given to public;
    create function public.note_given() returns trigger language plpgsql as $$
    begin
      if context.is_caller() and new.role_id <> old.role_id then
        insert into public.given (actor, role, owner)
        select context.permissions(), permissions, context.is_owner() from app.roles where id = new.role_id;
      end if;
      return null;
    end $$;
    alter function public.note_given() owner to postgres;
    alter function public.note_given() security definer;
    create trigger note_given after update on app.memberships for each row execute function public.note_given();`);
});
afterAll(() => database.drop());

const memberId = async (person: Person): Promise<string> =>
  (await database.admin.query("select id from app.memberships where user_id = $1", [person.userId])).rows[0]
    ?.id ?? "00000000-0000-4000-8000-000000000000";

async function within(actor: Somebody, sql: string, values: unknown[]): Promise<string> {
  actor.inside ??= await createSession(database, actor, "acme").catch(() => null);
  const outcome = await inDoor(database.app, actor.inside ?? actor.outside, sql, values, true);
  if (!("refusal" in outcome)) return "ok";
  if (outcome.refusal.code === "RH401") actor.inside = null;
  return String(outcome.refusal.code);
}

/** What is tried, as often as it stands here. */
const KINDS = [
  ...["invite", "invite", "invite", "accept", "accept", "accept", "accept"],
  ...["role", "suspend", "reactivate", "reactivate", "remove", "crown", "transfer", "resend", "revoke"],
];

/** Somebody who may do it, as it is now; it need not be so any more when they do. */
async function somebodyWhoMay(kind: string, random: () => number): Promise<Somebody> {
  const { rows } = await database.admin.query<{ user_id: string }>(
    `select m.user_id from app.memberships as m join app.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
     where m.status = 'active' and (not $1 or m.is_owner) and 'manage_users' = any (r.permissions) order by m.id`,
    [kind === "transfer" || kind === "crown"],
  );
  const row = rows[Math.floor(random() * rows.length)];
  return people.find(({ userId }) => userId === row?.user_id) ?? people.at(-1)!;
}

/** One random step; its name and what came of it. */
async function step(random: () => number): Promise<[string, string]> {
  const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const kind = any([...KINDS]);
  const actor = random() < 0.7 ? await somebodyWhoMay(kind, random) : any(people);
  const other = any(people);
  const role = any(roles);
  if (kind === "accept") {
    const mailed = any(links);
    if (!mailed) return [kind, "ok"];
    const who = random() < 0.9 ? mailed.to : other;
    return [kind, await accept(database, mailed.link, who.outside)];
  }
  if (kind === "invite") {
    const came = await within(actor, "select id from app.invite_member($1, $2)", [other.email, role]);
    if (came === "ok") await open(other);
    return [kind, came];
  }
  if (kind === "resend" || kind === "revoke") {
    const { rows } = await database.admin.query(
      "select id from app.invitations where email = $1 order by created_at desc limit 1",
      [other.email],
    );
    if (!rows[0]) return [kind, "ok"];
    const came = await within(actor, `select id from app.${kind}_invitation($1)`, [rows[0].id]);
    if (came === "ok" && kind === "resend") await open(other);
    return [kind, came];
  }
  if (kind === "remove" && random() < 0.5)
    return ["leave", await within(other, "select app.leave_tenant()", [])];
  const id = await memberId(other);
  if (kind === "role") {
    return [kind, await within(actor, "update app.memberships set role_id = $2 where id = $1", [id, role])];
  }
  if (kind === "crown") {
    const crown = random() < 0.5;
    return [kind, await within(actor, "update app.memberships set is_owner = $2 where id = $1", [id, crown])];
  }
  if (kind === "transfer") return [kind, await within(actor, "select app.transfer_ownership($1)", [id])];
  return [kind, await within(actor, `select app.${kind}_member($1)`, [id])];
}

/** The newest mail to somebody is sent. */
async function open(to: Somebody): Promise<void> {
  const { rows } = await database.admin.query(
    "select id from app.invitations where email = $1 order by created_at desc limit 1",
    [to.email],
  );
  links.push({ link: await arm(database, rows[0].id), to });
  if (links.length > 60) links.shift();
}

/** Each question has no answer, as long as all is well. */
const INVARIANTS: Readonly<Record<string, string>> = {
  "an active owner": `select tenant.id from app.tenants as tenant where not exists (
    select from app.memberships as m where m.tenant_id = tenant.id and m.is_owner and m.status = 'active')`,
  "no more members than seats": `select count(*) from app.memberships where status = 'active' having count(*) > ${SEATS}`,
  "no membership twice":
    "select user_id from app.memberships group by tenant_id, user_id having count(*) > 1",
  "no right that its giver lacked": "select * from public.given where not role <@ actor",
  "no invitation accepted by another": `select invitation.id from app.invitations as invitation
    join app.users as person on person.id = invitation.accepted_by where person.email <> invitation.email`,
  "one waiting invitation an address":
    "select email from app.invitations where status = 'pending' group by tenant_id, email having count(*) > 1",
};

test(
  `the invariants hold after each batch of ${STEPS} random steps (seed ${SEED})`,
  async () => {
    const counts = new Map<string, number>();
    const randoms = Array.from({ length: CONNECTIONS }, (_, n) => numbers(SEED + n));
    for (let done = 0; done < STEPS; done += BATCH) {
      await Promise.all(
        randoms.map(async (random) => {
          for (let n = 0; n < BATCH / CONNECTIONS; n++) {
            const [kind, came] = await step(random);
            counts.set(`${kind} ${came}`, (counts.get(`${kind} ${came}`) ?? 0) + 1);
            expect(["ok", ...REFUSALS, ...(kind === "accept" ? NOT_ACCEPTED : [])], kind).toContain(came);
          }
        }),
      );
      for (const [name, question] of Object.entries(INVARIANTS)) {
        expect((await database.admin.query(question)).rows, name).toEqual([]);
      }
      await database.admin.query("delete from public.given");
      // The clock goes on, or three mails an hour would soon be all that happens.
      await database.admin.query("delete from auth.mail_tokens where used_at is not null");
      await database.admin.query(
        "update auth.mail_tokens set created_at = created_at - interval '2 days' where purpose = 'invitation'",
      );
      await database.admin.query("delete from app.invitations where status <> 'pending'");
      // An owner may take every right from themselves; the operator gives it back, so that the walk goes on.
      await database.admin.query(
        "update app.memberships set role_id = (select id from app.roles where name = 'admin') where is_owner and status = 'active'",
      );
    }
    // It was no idle walk: everything came about.
    for (const kind of [
      "invite",
      "accept",
      "role",
      "leave",
      "transfer",
      "suspend",
      "reactivate",
      "remove",
      "crown",
    ]) {
      expect(
        counts.get(`${kind} ok`) ?? 0,
        `${kind}: ${JSON.stringify(Object.fromEntries(counts))}`,
      ).toBeGreaterThan(0);
    }
    if (process.env.ORGANISATION_STEPS) console.log(Object.fromEntries([...counts].sort()));
  },
  Math.max(240_000, STEPS * 60),
);
