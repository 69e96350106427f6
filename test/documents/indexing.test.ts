import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bring, readAll } from "../support/library.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
});
beforeEach(() => database.admin.query("delete from app.documents"));
afterAll(() => database.drop());

const brought = async (text: string): Promise<string> =>
  (await actingAs(acme.member).rows<{ id: string }>(bring, ["Notes", text, "private", null]))[0]!.id;
const document = async (id: string) =>
  (await database.admin.query("select * from app.documents where id = $1", [id])).rows[0];
const passages = async (id: string) =>
  (
    await database.admin.query(
      "select ordinal, content, version, live from app.document_chunks where document_id = $1 order by attempt, ordinal",
      [id],
    )
  ).rows;
const claim = async () => (await database.worker.query("select * from jobs.claim_document()")).rows[0];
const store = (one: { tenant: string; document: string; attempt: number }, content: string) =>
  database.worker
    .query("select jobs.store_chunks($1, $2, $3, $4, 'en') as holds", [
      one.tenant,
      one.document,
      one.attempt,
      JSON.stringify([{ ordinal: 0, content, starts_at: 0, ends_at: content.length }]),
    ])
    .then(({ rows }) => rows[0].holds);
const finish = (one: { tenant: string; document: string; attempt: number }) =>
  database.worker
    .query("select jobs.finish_document($1, $2, $3) as holds", [one.tenant, one.document, one.attempt])
    .then(({ rows }) => rows[0].holds);

test("a document that was brought is read, and is ready then", async () => {
  const id = await brought("One.\n\nTwo.");
  expect(await document(id)).toMatchObject({ status: "queued", version: 1, size_bytes: 10, progress: 0 });
  expect(await readAll(database)).toEqual({ ready: 1, dropped: 0, failed: 0, unembedded: 0 });
  expect(await document(id)).toMatchObject({ status: "ready", progress: 100, due_at: null, language: "en" });
  expect(await passages(id)).toEqual([
    { ordinal: 0, content: "One.", version: 1, live: true },
    { ordinal: 1, content: "Two.", version: 1, live: true },
  ]);
  expect(await readAll(database)).toEqual({ ready: 0, dropped: 0, failed: 0, unembedded: 0 });
});

test("a file of several pieces comes to the reader as it was brought", async () => {
  const text = "abcdefghij".repeat(250_000);
  await brought(text);
  const read: string[] = [];
  await readAll(database, {
    extract: async ({ path }) => {
      read.push(readFileSync(path, "utf8"));
      return { language: "en", text: "read" };
    },
  });
  expect(read[0] === text).toBe(true);
});

test("the version before answers until the next one is read, and then only the next", async () => {
  const id = await brought("The old.");
  await readAll(database);
  await actingAs(acme.member).rows("select app.replace_document($1, 'The new.', 'text/plain')", [id]);
  expect(await document(id)).toMatchObject({ version: 2, status: "queued" });
  const one = await claim();
  expect(await store(one, "The new.")).toBe(true);
  expect((await passages(id)).map(({ content, live }) => [content, live])).toEqual([
    ["The old.", true],
    ["The new.", false],
  ]);
  expect(await finish(one)).toBe(true);
  expect(await passages(id)).toEqual([{ ordinal: 0, content: "The new.", version: 2, live: true }]);
  const versions = await database.admin.query(
    "select version from app.document_versions where document_id = $1 order by 1",
    [id],
  );
  expect(versions.rows).toEqual([{ version: 1 }, { version: 2 }]);
});

test("a document that was deleted while it was read does not come back", async () => {
  const id = await brought("Gone soon.");
  const one = await claim();
  expect(await store(one, "Gone soon.")).toBe(true);
  await actingAs(acme.member).expect("delete from app.documents where id = $1", [id]).toReach(1);
  expect(await store(one, "Again.")).toBe(false);
  expect(await finish(one)).toBe(false);
  expect([await document(id), await passages(id)]).toEqual([undefined, []]);
});

test("a document that got a new version while it was read is read anew, and the reading before is dropped", async () => {
  const id = await brought("First.");
  const one = await claim();
  await actingAs(acme.member).rows("select app.replace_document($1, 'Second.', 'text/plain')", [id]);
  expect(await store(one, "First.")).toBe(false);
  expect(await finish(one)).toBe(false);
  await readAll(database);
  expect((await passages(id)).map(({ content }) => content)).toEqual(["Second."]);
});

test("a claim is one worker's; whose time is over, another takes, and the first changes nothing any more", async () => {
  const id = await brought("Mine.");
  const one = await claim();
  expect(await claim()).toBeUndefined();
  await store(one, "Half of it.");
  await database.admin.query("update app.documents set due_at = now() where id = $1", [id]);
  const two = await claim();
  expect(two).toMatchObject({ document: id, attempt: one.attempt + 1 });
  expect(await passages(id)).toEqual([]);
  expect(await store(one, "Late.")).toBe(false);
  expect(await store(two, "Whole.")).toBe(true);
  expect(await finish(one)).toBe(false);
  expect(await finish(two)).toBe(true);
  expect((await passages(id)).map(({ content }) => content)).toEqual(["Whole."]);
});

test("a file that is at fault has failed at once, with the word that its people are told", async () => {
  const id = await brought("secret");
  const done = await readAll(database, {
    extract: () => Promise.reject(new Error("no")),
    refusal: () => "encrypted",
  });
  expect(done).toEqual({ ready: 0, dropped: 0, failed: 1, unembedded: 0 });
  expect(await document(id)).toMatchObject({ status: "failed", failure: "encrypted", due_at: null });
  await actingAs(acme.member).rows("select app.reindex_document($1)", [id]);
  await readAll(database);
  expect(await document(id)).toMatchObject({ status: "ready", failure: null });
});

test("a machine that is at fault tries again, later each time, and gives up after five", async () => {
  const id = await brought("unlucky");
  for (let tries = 1; tries <= 5; tries += 1) {
    await expect(
      readAll(database, { embedder: () => Promise.reject(new Error("the provider is away")) }),
    ).rejects.toThrow("the provider is away");
    const { status, failure } = await document(id);
    expect([status, failure]).toEqual(tries < 5 ? ["queued", null] : ["failed", "unreadable"]);
    if (tries < 5) {
      expect(await claim()).toBeUndefined();
      await database.admin.query("update app.documents set due_at = now() where id = $1", [id]);
    }
  }
});

test("a worker that dies with a document five times has shown that it cannot be read", async () => {
  const id = await brought("poison");
  for (let tries = 1; tries <= 5; tries += 1) {
    expect(await claim()).toMatchObject({ document: id });
    await database.admin.query("update app.documents set due_at = now() where id = $1", [id]);
  }
  expect(await claim()).toBeUndefined();
  expect(await document(id)).toMatchObject({ status: "failed", failure: "given_up" });
});

test("a tenant with many documents keeps nobody waiting", async () => {
  for (let count = 0; count < 20; count += 1) await brought("many");
  const { tenantId, member } = globex;
  await database.admin.query(
    "insert into app.documents (tenant_id, user_id, title, media_type, version, due_at) values ($1, $2, 'One', 'text/plain', 1, now())",
    [tenantId, member.userId],
  );
  const order: string[] = [];
  for (let one = await claim(); one; one = await claim()) order.push(one.tenant);
  expect(order).toHaveLength(21);
  // By lot between the two companies: that it comes last of all has a chance of one in a million.
  expect(order.indexOf(tenantId)).toBeLessThan(20);
});
