import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bring } from "../support/library.ts";
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
beforeEach(async () => {
  await database.admin.query("delete from app.documents");
  await database.admin.query("select auth.limit_tenant($1, '{\"storage\": 1000}')", [acme.tenantId]);
});
afterAll(() => database.drop());

const text = (size: number): unknown[] => ["Notes", "x".repeat(size), "private", null];
const stored = async (): Promise<number> =>
  Number(
    (await database.admin.query("select context.storage_in_use($1) as bytes", [acme.tenantId])).rows[0].bytes,
  );

test("a company stores as much as its plan allows, and is told how much there is, may be and was wanted", async () => {
  await actingAs(acme.member).expect(bring, text(900)).toReach(1);
  const outcome = await actingAs(acme.colleague).attempt(bring, text(101));
  expect(outcome).toMatchObject({
    refusal: { code: "RH480", message: "900 of 1000 bytes of documents are stored, and this one has 101" },
  });
  expect(await stored()).toBe(900);
  await actingAs(acme.colleague).expect(bring, text(100)).toReach(1);
  await actingAs(globex.member).expect(bring, text(5000)).toReach(1);
});

test("earlier versions count, and what is deleted does not", async () => {
  const [made] = await actingAs(acme.member).rows<{ id: string }>(bring, text(600));
  const replace = "select app.replace_document($1, convert_to($2, 'UTF8'), 'text/plain')";
  await actingAs(acme.member)
    .expect(replace, [made!.id, "y".repeat(401)])
    .toBeRefused("RH480");
  await actingAs(acme.member)
    .expect(replace, [made!.id, "y".repeat(400)])
    .toReach(1);
  expect(await stored()).toBe(1000);
  await actingAs(acme.member).expect("delete from app.documents where id = $1", [made!.id]).toReach(1);
  expect(await stored()).toBe(0);
});

test("of twenty who come at once for ten places, ten get one", async () => {
  const came = await Promise.all(
    Array.from({ length: 20 }, (_, count) =>
      actingAs(count % 2 ? acme.member : acme.admin).attempt(bring, text(100)),
    ),
  );
  const outcomes = came.map((one) => ("refusal" in one ? one.refusal.code : "stored"));
  expect(outcomes.toSorted()).toEqual([...Array(10).fill("RH480"), ...Array(10).fill("stored")]);
  expect(await stored()).toBe(1000);
});

test("who manages the company sees what it stores and may store", async () => {
  await actingAs(acme.member).rows(bring, text(300));
  const [usage] = await actingAs(acme.admin).rows("select storage, storage_used from app.my_usage()");
  expect(usage).toEqual({ storage: "1000", storage_used: "300" });
  await actingAs(acme.member).expect("select app.my_usage()").toBeRefused("RH403", "manage_tenant");
});
