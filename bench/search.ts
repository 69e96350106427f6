// What searching one's own history costs by how much one said: people of 10,000 and 100,000 messages of sixty words, twenty a
// conversation, beside each other. `node bench/search.ts` prints medians; numbers after it are sizes to measure instead.
import type pg from "pg";
import { median, milliseconds, table } from "./measure.ts";
import { addRows, enter, type Person } from "./people.ts";
import { withServer } from "./server.ts";
import { withTriggersOff } from "./triggers_off.ts";

const asked = process.argv.slice(2).map(Number);
const SIZES = asked.length > 0 ? asked : [10_000, 100_000];
const ROUNDS = 11;
/** A word is the more frequent, the less its number: of two thousand, the first are in most messages. */
const QUESTIONS = {
  "a word of every third message": "word30",
  "a word of a hundredth": "word1900",
  "both of them": "word30 word1900",
  "one next to the other": '"word30 word31"',
  "one without the other": "word1900 -word30",
  "a word that was never said": "zeppelin",
};

await withServer(
  async ({ admin, app }) => {
    const people = await addRows(admin, "acme", SIZES.length + 1);
    for (const [at, size] of SIZES.entries()) await talk(admin, people[at + 1]!, size);
    await admin.query("select context.index_messages(id) from app.tenants");
    await admin.query("vacuum analyze");
    const client = await app.connect();
    const took = new Map<string, number[]>();
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, size] of SIZES.entries()) {
        for (const [question, words] of Object.entries(QUESTIONS)) {
          const key = `${size.toLocaleString("en")}|${question}`;
          took.set(key, [...(took.get(key) ?? []), await once(client, people[at + 1]!, words)]);
        }
      }
    }
    client.release();
    const rows = [...took].map(([key, times]) => [...key.split("|"), milliseconds(median(times))]);
    console.log(table(["messages of the person", "asked for", "median"], rows));
  },
  { durable: false },
);

async function talk(admin: pg.Pool, { userId }: Person, messages: number): Promise<void> {
  await withTriggersOff(admin, (client) =>
    client.query(
      `with place as (
         select tenant_id, user_id from app.memberships where user_id = $1
       ), conversation as (
         insert into app.conversations (tenant_id, user_id, title)
         select tenant_id, user_id, 'Conversation ' || n from place, generate_series(1, $2::integer / 20) as n
         returning *
       )
       insert into app.messages (tenant_id, user_id, conversation_id, role, content)
       select tenant_id, user_id, id, case n % 2 when 1 then 'user' else 'assistant' end, (
         select string_agg('word' || floor(2000 * power(random(), 2))::integer, ' ') from generate_series(1, 60) where n > 0
       )
       from conversation, generate_series(1, 20) as n`,
      [userId, messages],
    ),
  );
}

async function once(client: pg.ClientBase, person: Person, words: string): Promise<number> {
  await enter(client, person);
  const began = performance.now();
  await client.query("select id from app.search_conversations($1)", [words]);
  const took = performance.now() - began;
  await client.query("commit");
  return took;
}
