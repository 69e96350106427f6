// What row security costs where it hurts: a tenant with a million conversations among twenty tenants.
// `node bench/rls.ts` prints the medians; `node bench/rls.ts --plans` the plans too.
import type pg from "pg";
import { median, milliseconds, table } from "./measure.ts";
import { enter, moveIn, type Person } from "./people.ts";
import { withServer } from "./server.ts";

const MEMBERS = 2_000;
const LARGE = 1_000_000;
const SMALL = 10_500;
const SMALL_TENANTS = 19;
const ROUNDS = 15;

const listings = {
  "my_conversations()": "select * from app.my_conversations() order by id desc limit 50",
  conversations: "select * from app.conversations order by id desc limit 50",
  "count of conversations": "select count(*) from app.conversations",
};

// Nothing here waits for the disk, so nothing is lost by not syncing it.
await withServer(
  async ({ admin, app }) => {
    const people = await moveIn(admin, "large", MEMBERS);
    for (let n = 1; n <= SMALL_TENANTS; n++) await moveIn(admin, `small-${n}`, 20);
    await converse(admin);

    const callers = {
      "member with 500 of their own": people[1000],
      "member with none": people.at(-1),
      admin: people[0],
    };
    const client = await app.connect();
    const asItIs = await measure(client, callers);
    // The wall that every tenant's table has is for reading too: what does it do to the plans?
    await admin.query('drop policy "nothing crosses the wall" on app.conversations');
    const withoutWall = await measure(client, callers);
    client.release();
    const rows = asItIs.map(({ caller, listing, took }, index) => {
      const other = withoutWall[index]?.took ?? Number.NaN;
      return [caller, listing, milliseconds(took), milliseconds(other), (took / other).toPrecision(2)];
    });
    console.log(table(["as", "listing", "median", "without the wall", "ratio"], rows));
  },
  { durable: false },
);

interface Measured {
  readonly caller: string;
  readonly listing: string;
  /** Median milliseconds of the statement alone, in a transaction that has entered. */
  readonly took: number;
}

async function measure(
  client: pg.ClientBase,
  callers: Record<string, Person | undefined>,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const [caller, person] of Object.entries(callers)) {
    if (!person) throw new Error(`there is no ${caller}`);
    for (const [listing, sql] of Object.entries(listings)) {
      const took: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        await enter(client, person);
        const began = performance.now();
        await client.query(sql);
        took.push(performance.now() - began);
        await client.query("commit");
      }
      measured.push({ caller, listing, took: median(took) });
      if (process.argv.includes("--plans")) console.log(await explain(client, person, caller, sql));
    }
  }
  return measured;
}

async function explain(client: pg.ClientBase, person: Person, caller: string, sql: string): Promise<string> {
  await enter(client, person);
  const { rows } = await client.query<{ "QUERY PLAN": string }>(`explain (analyze, buffers) ${sql}`);
  await client.query("commit");
  return [`${caller}: ${sql}`, ...rows.map((line) => `    ${line["QUERY PLAN"]}`), ""].join("\n");
}

/**
 * Everybody's conversations, in the order in which they would have come about: by time, not by person.
 * The last of each tenant has none.
 */
async function converse(admin: pg.Pool): Promise<void> {
  const client = await admin.connect();
  await client.query("set session_replication_role = replica");
  await client.query(
    `with places as (
       select tenant.id as tenant_id, array_agg(membership.user_id order by membership.user_id) as people,
         case when tenant.slug = 'large' then $1::int else $2::int end as wanted
       from app.tenants as tenant join app.memberships as membership on membership.tenant_id = tenant.id
       group by tenant.id
     )
     insert into app.conversations (tenant_id, id, user_id, title)
     select tenant_id, uuidv7(interval '1 second' * -$1 + n * interval '1 second' * $1 / wanted),
       people[1 + floor(random() * (cardinality(people) - 1))], format('Conversation %s', n)
     from places cross join lateral generate_series(1, wanted) as n
     order by n::float / wanted`,
    [LARGE, SMALL],
  );
  client.release(true);
  await admin.query("vacuum (analyze) app.conversations");
}
