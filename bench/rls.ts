// What lists cost where it hurts: one tenant with 510,000 conversations among 2,002 tenants, so that the planner, who does
// not know whose page it plans, believes that a tenant has hardly any. `node bench/rls.ts` prints the medians;
// `node bench/rls.ts --plans` the plans too.
import type pg from "pg";
import { median, milliseconds, table } from "./measure.ts";
import { addRows, enter, type Person } from "./people.ts";
import { withServer } from "./server.ts";
import { withTriggersOff } from "./triggers_off.ts";

const MEMBERS = 2_000;
const LARGE = 510_000;
/** Of them, one member's own. */
const OWN = 205_000;
const SMALL = 100;
const SMALL_TENANTS = 2_001;
const ROUNDS = 15;

/** What the API runs for a list, and what it would be without the function. */
const listings = {
  "`conversations` by id": "select * from app.visible_conversations() order by id desc limit 51",
  "`conversations` by updatedAt":
    "select * from app.visible_conversations() order by updated_at desc, id desc limit 51",
  "`myConversations` by id": "select * from app.my_conversations() order by id desc limit 51",
  "`myConversations` by updatedAt":
    "select * from app.my_conversations() order by updated_at desc, id desc limit 51",
  "the table by id": "select * from app.conversations order by id desc limit 51",
};

// Nothing here waits for the disk, so nothing is lost by not syncing it.
await withServer(
  async ({ admin, app }) => {
    const people = await addRows(admin, "large", MEMBERS);
    await moveInNextDoor(admin);
    await converse(admin);
    const callers = {
      admin: people[0],
      [`member with ${OWN} of their own`]: people[1],
      "member with none": people.at(-1),
    };
    const client = await app.connect();
    const rows: string[][] = [];
    for (const [caller, person] of Object.entries(callers)) {
      if (!person) throw new Error(`there is no ${caller}`);
      for (const [listing, sql] of Object.entries(listings)) {
        const walking = await measure(client, person, sql, "off");
        const sorting = await measure(client, person, sql, "on");
        rows.push([
          caller,
          listing,
          milliseconds(walking),
          milliseconds(sorting),
          (sorting / walking).toPrecision(2),
        ]);
        if (process.argv.includes("--plans")) console.log(await explain(client, person, caller, sql));
      }
    }
    client.release();
    console.log(table(["as", "listing", "median", "with sorts allowed", "ratio"], rows));
  },
  { durable: false },
);

/** Median milliseconds of a statement, in a transaction that has entered. */
async function measure(
  client: pg.ClientBase,
  person: Person,
  sql: string,
  sorts: "on" | "off",
): Promise<number> {
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await enter(client, person);
    await client.query(`set local enable_sort = ${sorts}; set local enable_incremental_sort = ${sorts}`);
    const began = performance.now();
    await client.query(sql);
    took.push(performance.now() - began);
    await client.query("commit");
  }
  return median(took);
}

async function explain(client: pg.ClientBase, person: Person, caller: string, sql: string): Promise<string> {
  await enter(client, person);
  const { rows } = await client.query<{ "QUERY PLAN": string }>(`explain (analyze, buffers) ${sql}`);
  await client.query("commit");
  return [`${caller}: ${sql}`, ...rows.map((line) => `    ${line["QUERY PLAN"]}`), ""].join("\n");
}

/** The small tenants, one member each; nobody of them signs in. */
async function moveInNextDoor(admin: pg.Pool): Promise<void> {
  await withTriggersOff(admin, async (client) => {
    await client.query(
      "insert into app.tenants (slug, name) select 'small-' || n, 'Small ' || n from generate_series(1, $1) as n",
      [SMALL_TENANTS],
    );
    await client.query(
      `insert into app.memberships (tenant_id, user_id, role_id, display_name)
     select id, uuidv7(), uuidv7(), name from app.tenants where slug like 'small-%'`,
    );
  });
}

/**
 * Everybody's conversations, in the order in which they would have come about: by time, not by person. In the large
 * tenant the last member has none.
 */
async function converse(admin: pg.Pool): Promise<void> {
  await withTriggersOff(admin, (client) =>
    client.query(
      `with places as (
       select tenant.id as tenant_id, array_agg(membership.user_id order by membership.user_id) as people,
         case when tenant.slug = 'large' then $1::int else $3::int end as wanted
       from app.tenants as tenant join app.memberships as membership on membership.tenant_id = tenant.id
       group by tenant.id
     )
     insert into app.conversations (tenant_id, id, user_id, title, updated_at)
     select tenant_id, uuidv7(interval '1 second' * -$1 + n * interval '1 second' * $1 / wanted),
       case when wanted = $1 and random() < $2::float / $1 then people[2]
         else people[1 + floor(random() * greatest(1, cardinality(people) - 1))] end,
       format('Conversation %s', n), now() - random() * interval '1 year'
     from places cross join lateral generate_series(1, wanted) as n
     order by n::float / wanted`,
      [LARGE, OWN, SMALL],
    ),
  );
  await admin.query("vacuum (analyze)");
}
