// What finding passages costs by how many a tenant has, and whether its neighbours' passages make it dearer: tenants of 1,000,
// 20,000 and 100,000 passages with embeddings of 384 dimensions. Each is asked when only smaller ones are there; then all are
// asked by turns. `node bench/retrieval.ts` prints the medians; numbers after it are sizes to measure instead, the last one the
// neighbour's.
import type pg from "pg";
import { median, milliseconds, table } from "./measure.ts";
import { addRows, enter, type Person } from "./people.ts";
import { withServer } from "./server.ts";
import { withTriggersOff } from "./triggers_off.ts";

const asked = process.argv.slice(2).map(Number);
const SIZES = asked.length > 0 ? asked : [1_000, 20_000, 100_000];
const DIMENSIONS = 384;
const ROUNDS = 15;

const search = (embedding: string) =>
  `select chunk_id from app.search_passages(query => $1, embedding => ${embedding}, wanted => 8)`;
const vector = `(select array_agg((sin(at * 7.0))::real) from generate_series(1, ${DIMENSIONS}) as at)`;

await withServer(
  async ({ admin, app }) => {
    await makeUp(admin);
    const questions = await whatPeopleAsk(admin);
    const client = await app.connect();
    const rows: string[][] = [];
    /** Asks each by turns, so that what else the machine does falls upon all of them. */
    const measure = async (people: readonly [number, Person][], neighbours: (size: number) => number) => {
      const took = new Map<string, number[]>();
      for (let round = 0; round < ROUNDS; round++) {
        for (const [size, person] of people) {
          for (const [question, [words, sql]] of Object.entries(questions)) {
            const key = `${size.toLocaleString("en")}|${question}|${neighbours(size).toLocaleString("en")}`;
            took.set(key, [...(took.get(key) ?? []), await once(client, person, sql, words)]);
          }
        }
      }
      for (const [key, times] of took) rows.push([...key.split("|"), milliseconds(median(times))]);
    };
    const people: [number, Person][] = [];
    for (const size of SIZES) {
      const before = people.reduce((sum, [one]) => sum + one, 0);
      people.push([size, await moveIn(admin, size)]);
      await measure(people.slice(-1), () => before);
    }
    const total = SIZES.reduce((sum, size) => sum + size, 0);
    await measure(people, (size) => total - size);
    client.release();
    console.log(table(["passages of the tenant", "asked by", "passages of neighbours", "median"], rows));
  },
  { durable: false },
);

/** A thousand embeddings, and two thousand words of two to four syllables: letters are shared as they are in a language. */
async function makeUp(admin: pg.Pool): Promise<void> {
  await admin.query(
    `create table public.vectors as
     select number, context.unit(array_agg((random() * 2 - 1)::real)) as embedding, null::bit varying as signs
     from generate_series(0, 999) as number, generate_series(1, ${DIMENSIONS}) as at
     group by number`,
  );
  await admin.query("update public.vectors set signs = context.signs(embedding)");
  await admin.query(
    `create table public.words as
     select number, string_agg(
       substr('bcdfghjklmnprstvwz', 1 + drawn.first % 18, 1) || substr('aeiou', 1 + drawn.second % 5, 1)
         || case when at % 2 = 0 then substr('lnrst', 1 + drawn.third % 5, 1) else '' end, '' order by at) as word
     from generate_series(0, 1999) as number, generate_series(1, 2 + number % 3) as at
     cross join lateral (
       select hashtext(number || 'a' || at) & 65535, hashtext(number || 'b' || at) & 65535, hashtext(number || 'c' || at) & 65535
     ) as drawn (first, second, third)
     group by number`,
  );
}

/** Three words; one that a fifth of the passages says and one that a fiftieth says, with a letter too many; a meaning. */
async function whatPeopleAsk(admin: pg.Pool): Promise<Record<string, [string, string]>> {
  const { rows } = await admin.query<{ words: string[] }>(
    "select array_agg(word order by number) as words from public.words where number in (17, 404, 1999)",
  );
  const [often = "", sometimes = "", seldom = ""] = rows[0]?.words ?? [];
  const misspelt = (word: string) => `${word.slice(0, 3)}x${word.slice(3)}`;
  const three = `${often} ${sometimes} ${seldom}`;
  return {
    "three words": [three, search("null")],
    "a frequent word, misspelt": [misspelt(often), search("null")],
    "a rare word, misspelt": [misspelt(seldom), search("null")],
    meaning: ["", search(vector)],
    "words and meaning": [three, search(vector)],
  };
}

/** A tenant with so many passages, of 200 a document; a tenth of them private to its first member. */
async function moveIn(admin: pg.Pool, size: number): Promise<Person> {
  const [, person] = await addRows(admin, `of-${size}`, 3);
  await withTriggersOff(admin, (client) =>
    client.query(
      `with place as (
         select id as tenant_id, (select id from app.users where email = $2) as user_id from app.tenants where slug = $1
       ), document as (
         insert into app.documents (tenant_id, user_id, visibility, title, media_type, version, language, status, due_at)
         select tenant_id, user_id, case when number % 10 = 0 then 'private' else 'tenant' end, 'Document ' || number,
           'text/plain', 1, 'en', 'ready', null
         from place, generate_series(1, greatest($3 / 200, 1)) as number
         returning *
       ), known as materialized (
         select array_agg(word order by number) as words from public.words
       )
       insert into app.document_chunks (tenant_id, document_id, version, attempt, ordinal, live, starts_at, ends_at, language,
         content, model, embedding, signs, visibility, user_id, sha256, search)
       select document.tenant_id, document.id, 1, 1, part.ordinal, true, 0, length(said.text), 'en', said.text, 'bench',
         drawn.embedding, drawn.signs, document.visibility, document.user_id, repeat('0', 64),
         to_tsvector('extensions.text_english', said.text)
       from document, generate_series(1, 200) as part (ordinal)
       cross join lateral (
         select string_agg(known.words[1 + floor(2000 * power(random(), 2) + 0 * part.ordinal)::integer], ' ') as text
         from known, generate_series(1, 80)
       ) as said
       join public.vectors as drawn on drawn.number = (hashtext(said.text) & 1023) % 1000`,
      [`of-${size}`, `2@of-${size}.example`, size],
    ),
  );
  await admin.query("vacuum analyze app.document_chunks");
  if (!person) throw new Error("nobody moved in");
  return person;
}

/** Milliseconds of a search, in a transaction that has entered. */
async function once(client: pg.ClientBase, person: Person, sql: string, words: string): Promise<number> {
  await enter(client, person);
  const began = performance.now();
  await client.query(sql, [words]);
  const took = performance.now() - began;
  await client.query("commit");
  return took;
}
