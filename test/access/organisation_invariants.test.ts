import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildCompany, type Company, type Random, SEATS } from "../support/organisation_walk/company.ts";
import { INVARIANTS } from "../support/organisation_walk/invariants.ts";
import { stepAmongPeople } from "../support/organisation_walk/people_steps.ts";
import { stepWithPowers } from "../support/organisation_walk/power_steps.ts";

// What holds of a company's people, whatever they do at once: random steps on eight connections, and after each batch the
// invariants, asked in SQL. ORGANISATION_STEPS=100000 takes many more of them; ORGANISATION_SEED plays one run again.

const STEPS = Number(process.env.ORGANISATION_STEPS ?? 2_000);
const SEED = Number(process.env.ORGANISATION_SEED ?? randomBytes(4).readUInt32LE());
const CONNECTIONS = 8;
const BATCH = 400;

/** What may come of a step, whatever was tried; anything else is a fault. 40P01: two changes crossed, and one gave way. */
const OUTCOMES = [
  ...["ok", "nothing", "RH401", "RH403", "RH404", "RH409"],
  ...["RH470", "RH471", "RH472", "RH473", "RH476", "40P01"],
];
/** What else, by the kind of step. 23503: who never was a member, or a team that is gone; 23505: once more; 42501: from no company. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  accept: [
    "invalid_token",
    "another_person",
    "already_member",
    "membership_suspended",
    "membership_removed",
    "inviter_may_not",
    "ended",
  ],
  give: ["23503", "42501", "RH400 grants_present"],
  bring: ["23503", "23505", "42501", "RH400 team_members_present"],
  found: ["23505", "42501"],
};
/** What has to come about, or it was an idle walk. */
const DEEDS = [
  ...["invite", "accept", "role", "leave", "transfer", "suspend", "reactivate", "remove", "crown"],
  ...["give", "end", "expire", "expire the giver's", "demote the giver", "tidy"],
  ...["bring", "take out", "lead", "found", "dissolve"],
];

/** A generator of numbers from 0 to 1 (mulberry32). */
function numbers(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

let database: TestDatabase;
let company: Company;
beforeAll(async () => {
  database = await createDatabase();
  company = await buildCompany(database);
});
afterAll(() => database.drop());

/** The clock goes on, or three mails an hour and ten minutes of a fresh sign-in would soon be all that happens. */
async function passTime(): Promise<void> {
  for (const sql of [
    "delete from auth.mail_tokens where used_at is not null",
    "update auth.mail_tokens set created_at = created_at - interval '2 days' where purpose = 'invitation'",
    "delete from app.invitations where status <> 'pending'",
    "update auth.sessions set authenticated_at = now() where ended_at is null",
    // An owner may take every right from themselves; the operator gives it back, so that the walk goes on.
    "update app.memberships set role_id = (select id from app.roles where name = 'admin') where is_owner and status = 'active'",
    "truncate public.given, public.granted, public.ended",
  ]) {
    await database.admin.query(sql);
  }
}

test(
  `the invariants hold after each batch of ${STEPS} random steps (seed ${SEED})`,
  async () => {
    const counts = new Map<string, number>();
    const randoms = Array.from({ length: CONNECTIONS }, (_, n) => numbers(SEED + n));
    const missing = (): string[] => DEEDS.filter((kind) => !counts.has(`${kind}: ok`));
    // What comes off seldom is waited for: else a short walk would fail by chance.
    for (let done = 0; done < STEPS || (missing().length > 0 && done < 5 * STEPS); done += BATCH) {
      await Promise.all(
        randoms.map(async (random) => {
          for (let n = 0; n < BATCH / CONNECTIONS; n++) {
            const step = random() < 0.6 ? stepAmongPeople : stepWithPowers;
            const [kind, came] = await step(company, random);
            counts.set(`${kind}: ${came}`, (counts.get(`${kind}: ${came}`) ?? 0) + 1);
            expect([...OUTCOMES, ...(ALSO[kind] ?? [])], kind).toContain(came);
          }
        }),
      );
      for (const [name, question] of Object.entries(INVARIANTS(SEATS))) {
        expect((await database.admin.query(question)).rows, name).toEqual([]);
      }
      await passTime();
    }
    const told = Object.fromEntries([...counts].sort());
    expect(missing(), JSON.stringify(told)).toEqual([]);
    if (process.env.ORGANISATION_STEPS) console.log(told);
  },
  Math.max(240_000, STEPS * 60),
);
