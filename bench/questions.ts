// What the company's own answers cost a turn that gets none of them, with no such answer, a thousand and ten thousand, and what it takes to
// tell a company's frequent questions of 100,000 that were asked. `node bench/questions.ts` prints the medians, and the least,
// which is nearer to what an idle machine needs.
import type pg from "pg";
import { median, milliseconds, table } from "./measure.ts";
import { addRows, enter, type Person } from "./people.ts";
import { withServer } from "./server.ts";
import { withTriggersOff } from "./triggers_off.ts";

const ANSWERS = [0, 1_000, 10_000];
const QUESTIONS = 100_000;
const ROUNDS = 101;

const BEGIN =
  "select given from context.begin_turn(sha256('a secret'), content => $1, installation_model => 'a-model', curated => $2)";
const FREQUENT = "select * from app.frequent_questions(10)";

await withServer(
  async ({ admin, app }) => {
    const people = await addRows(admin, "acme", 20);
    const [boss, member] = people as [Person, Person];
    const client = await app.connect();
    const rows: string[][] = [];
    for (const answers of ANSWERS) {
      await curate(admin, answers);
      // By turns, so that what else the machine does falls upon all of them.
      const took: Record<string, number[]> = { "not looked for": [], "none fits": [], "one fits": [] };
      for (let round = 0; round < ROUNDS; round++) {
        took["not looked for"]!.push(
          await once(client, member, BEGIN, ["What is on the menu of word7?", false]),
        );
        took["none fits"]!.push(await once(client, member, BEGIN, ["What is on the menu of word7?", true]));
        if (answers > 0) took["one fits"]!.push(await once(client, member, BEGIN, ["word7 question?", true]));
      }
      for (const [what, times] of Object.entries(took))
        if (times.length > 0)
          rows.push([
            answers.toLocaleString("en"),
            what,
            milliseconds(median(times)),
            milliseconds(Math.min(...times)),
          ]);
    }
    console.log(table(["answers of the company's own", "", "context.begin_turn(), median", "least"], rows));
    await ask(admin);
    const times: number[] = [];
    for (let round = 0; round < 7; round++) times.push(await once(client, boss, FREQUENT, []));
    console.log(
      `\nfrequentQuestions of ${QUESTIONS.toLocaleString("en")}: ${milliseconds(median(times))}, at least ${milliseconds(Math.min(...times))}`,
    );
    client.release();
  },
  { durable: false },
);

/** So many answers in all, in two languages, a third of them with a document. */
async function curate(admin: pg.Pool, answers: number): Promise<void> {
  await withTriggersOff(admin, (client) =>
    client.query(
      `with place as (select id as tenant_id from app.tenants where slug = 'acme'), document as (
         insert into app.documents (tenant_id, user_id, visibility, title, media_type, version, status, due_at)
         select place.tenant_id, person.id, 'tenant', 'Document', 'text/plain', 1, 'ready', null
         from place, app.users as person where person.email = '1@acme.example' returning tenant_id, id
       )
       insert into app.curated_answers (tenant_id, user_id, question, answer, language, document_ids, document_versions, stems)
       select tenant_id, null, said.question, 'Yes.', said.language,
         case when n % 3 = 0 then array[id] else '{}' end, case when n % 3 = 0 then '{1}'::integer[] else '{}' end,
         context.stems(said.question, said.language)
       from document, generate_series(1, $1) as n
       cross join lateral (select 'word' || n || ' question?', case n % 2 when 0 then 'de' else 'en' end) as said (question, language)`,
      [answers],
    ),
  );
  await admin.query("vacuum analyze app.curated_answers");
}

/** Questions of twenty people, a few of them asked by everybody, most by hardly anybody; one answer in ten is rated. */
async function ask(admin: pg.Pool): Promise<void> {
  await withTriggersOff(admin, (client) =>
    client.query(
      `with person as (
         select membership.tenant_id, membership.user_id, row_number() over () as number from app.memberships as membership
       ), conversation as (
         insert into app.conversations (tenant_id, user_id, title)
         select tenant_id, user_id, 'Chat ' || n from person, generate_series(1, 50) as n returning *
       ), place as (
         select *, row_number() over () as number from conversation
       ), question as (
         insert into app.messages (tenant_id, user_id, conversation_id, content, stems)
         select place.tenant_id, place.user_id, place.id, said.content, context.stems(said.content, 'en')
         from generate_series(1, $1) as n
         join place on place.number = 1 + n % (select count(*) from place)
         cross join lateral (select 'How is word' || floor(20000 * power(random(), 3) + 0 * n) || ' cooked?') as said (content)
         returning *
       ), answer as (
         insert into app.messages (tenant_id, user_id, conversation_id, role, content, parent_id, generator)
         select tenant_id, user_id, conversation_id, 'assistant', 'Gently.', id, 'model' from question returning *
       )
       insert into app.message_feedback (tenant_id, message_id, user_id, rating)
       select tenant_id, id, user_id, case when random() < 0.8 then 'up' else 'down' end from answer where random() < 0.1`,
      [QUESTIONS],
    ),
  );
  await admin.query("vacuum analyze app.messages");
  await admin.query("vacuum analyze app.message_feedback");
}

/** Milliseconds of a statement, in a transaction that has entered, and leaves nothing. */
async function once(client: pg.ClientBase, person: Person, sql: string, values: unknown[]): Promise<number> {
  await enter(client, person);
  const began = performance.now();
  await client.query({ name: sql.slice(0, 40), text: sql, values });
  const took = performance.now() - began;
  await client.query("rollback");
  return took;
}
