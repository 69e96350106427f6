import { afterAll, beforeAll, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bring, embedderBy, find, readAll } from "../support/library.ts";
import { handbook, meaning } from "../support/passages.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme } = await buildTenants(database));
  actingAs = actors(database.app);
});
afterAll(() => database.drop());

/** The share of questions whose passage is among the first five. */
async function recall(by: (question: string) => [string, number[] | null]): Promise<number> {
  let hits = 0;
  for (const { question, answer } of handbook) {
    const found = await actingAs(acme.member).rows<{ content: string }>(find, [...by(question), 5]);
    if (found.some(({ content }) => content === answer)) hits += 1;
  }
  return hits / handbook.length;
}

test("words and meaning together find more than either alone", async () => {
  await actingAs(acme.admin).rows(bring, [
    "Handbook",
    handbook.map(({ answer }) => answer).join("\n\n"),
    "tenant",
    null,
  ]);
  await readAll(database, {
    embedder: async () => embedderBy("thesaurus", meaning),
  });
  const words = await recall((question) => [question, null]);
  const vectors = await recall((question) => ["", meaning(question)]);
  const both = await recall((question) => [question, meaning(question)]);
  console.info(`recall@5: words ${words.toFixed(2)}, meaning ${vectors.toFixed(2)}, both ${both.toFixed(2)}`);
  expect(both).toBeGreaterThanOrEqual(words);
  expect(both).toBeGreaterThanOrEqual(vectors);
  expect(both).toBeGreaterThan(0.9);
});

test("signs, weighed again, keep at least 95 % of the exact ten nearest, at every selectivity", async () => {
  // Clouds around twenty centres, in 384 dimensions, the same each time: what embeddings of a company's texts look like.
  const { rows } = await database.admin.query<{ id: string }>(
    `with document as (
       insert into app.documents (tenant_id, user_id, visibility, title, media_type, version, language, status, due_at)
       values ($1, $2, 'tenant', 'Clouds', 'text/plain', 1, 'en', 'ready', null) returning *
     )
     insert into app.document_chunks (tenant_id, document_id, version, attempt, ordinal, live, starts_at, ends_at, language,
       content, model, embedding, visibility, user_id, sha256, search)
     select tenant_id, id, 1, 1, number, true, 0, 0, 'en', 'cloud ' || number, 'clouds', (
         select array_agg((sin(number % 20 * 7919.0 + at * 104729.0) + 0.6 * sin(number * 15485863.0 + at * 32452843.0))::real order by at)
         from generate_series(1, 384) as at
       ), 'tenant', user_id, repeat('0', 64), ''
     from document, generate_series(0, 1199) as number
     returning id`,
    [acme.tenantId, acme.admin.userId],
  );
  expect(rows).toHaveLength(1200);
  let kept = 0;
  let exact = 0;
  for (let number = 0; number < 20; number += 1) {
    const { rows: answers } = await database.admin.query<{ kept: number; exact: number }>(
      `with asked as (
         select context.unit(array_agg((sin(number % 20 * 7919.0 + at * 104729.0) + 0.6 * sin((number + 9001) * 15485863.0 + at * 32452843.0))::real order by at)) as vector
         from (values ($2::bigint)) as one (number), generate_series(1, 384) as at group by number
       ), nearest as (
         select chunk.id from app.document_chunks as chunk, asked
         where chunk.model = 'clouds' order by context.likeness(chunk.embedding, vector) desc, chunk.id limit 10
       ), found as (
         select found.chunk from asked,
           context.found_by_meaning($1, null, true, null, true, null, asked.vector, 'clouds', 32) as found limit 10
       )
       select (select count(*)::integer from nearest) as exact,
         (select count(*)::integer from found join nearest on nearest.id = found.chunk) as kept`,
      [acme.tenantId, number],
    );
    kept += answers[0]!.kept;
    exact += answers[0]!.exact;
  }
  console.info(`of the exact ten nearest, signs and weighing keep ${((100 * kept) / exact).toFixed(1)} %`);
  expect(exact).toBe(200);
  expect(kept / exact).toBeGreaterThanOrEqual(0.95);

  // Of twelve hundred passages somebody may see twelve, and gets all that they ask for.
  await database.admin.query(
    `with own as (
       insert into app.documents (tenant_id, user_id, visibility, title, media_type, version, language, status, due_at)
       values ($1, $2, 'private', 'Few', 'text/plain', 1, 'en', 'ready', null) returning *
     )
     insert into app.document_chunks (tenant_id, document_id, version, attempt, ordinal, live, starts_at, ends_at, language,
       content, model, embedding, visibility, user_id, sha256, search)
     select own.tenant_id, own.id, 1, 1, chunk.ordinal, true, 0, 0, 'en', chunk.content, 'clouds', chunk.embedding, 'private',
       own.user_id, repeat('0', 64), ''
     from own, app.document_chunks as chunk where chunk.model = 'clouds' and chunk.ordinal % 100 = 0`,
    [acme.tenantId, acme.colleague.userId],
  );
  await database.admin.query("update app.documents set visibility = 'private' where title = 'Clouds'");
  const vector = (
    await database.admin.query<{ embedding: number[] }>(
      "select embedding from app.document_chunks where content = 'cloud 7'",
    )
  ).rows[0]!.embedding;
  await actingAs(acme.colleague)
    .expect(
      "select * from app.search_passages(query => '', embedding => $1, wanted => 12, model => 'clouds')",
      [vector],
    )
    .toReach(12);
}, 120_000);
