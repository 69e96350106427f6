import { afterAll, beforeAll, expect, test } from "vitest";
import { isCaught, mutate, type Score, type Trial } from "../../../src/inspect/mutate/mutate.ts";
import { mutationFormats, scoreOf } from "../../../src/inspect/mutate/report.ts";
import { type BlankDatabase, createBlankDatabase } from "../catalogue/blank_database.ts";

/** A small database of another's: a run of all its mutants takes seconds. */
const SHOPS = `
  create schema shops;
  create table shops.shops (id bigint generated always as identity primary key, name text not null);
  create table shops.orders (
    shop_id bigint not null references shops.shops, id bigint generated always as identity,
    customer text not null, primary key (shop_id, id));
  alter table shops.shops enable row level security;
  alter table shops.orders enable row level security;
  grant usage on schema shops to SHOPS_WEB;
  grant select on shops.shops, shops.orders to SHOPS_WEB;
  create policy "a shop sees itself" on shops.shops to SHOPS_WEB
    using (id = (select current_setting('shops.shop', true)::bigint));
  create policy "a shop sees its orders" on shops.orders to SHOPS_WEB
    using (shop_id = (select current_setting('shops.shop', true)::bigint));`;

let database: BlankDatabase;
const role = `shops_${process.pid}`;
let whole: Score;
let quick: Score;
beforeAll(async () => {
  database = await createBlankDatabase();
  await database.query(`create role ${role} nologin`);
  await database.query(SHOPS.replaceAll("SHOPS_WEB", role));
  const config = {
    ...{ schemas: ["shops"], tenantColumn: "shop_id", apiRoles: [role] },
    enter: ["select set_config('shops.shop', $tenant, true)"],
  };
  const options = { url: database.url, config, seed: 20 };
  whole = await mutate(options);
  quick = await mutate({ ...options, untilNoticed: true });
});
afterAll(async () => {
  await database.query(`drop owned by ${role}; drop role ${role}`);
  await database.drop();
});

test("whoever lets a mutant go as soon as it is noticed has the same score", () => {
  const caught = ({ trials }: Score): string[] => trials.filter(isCaught).map(({ mutant }) => mutant.name);
  expect(whole.trials.length).toBeGreaterThan(10);
  expect(caught(quick)).toEqual(caught(whole));
  expect(scoreOf(quick)).toBe(scoreOf(whole));
});

test("each mutant is then noticed by one, and the page says so", () => {
  const witnesses = ({ leak, matrix, lint }: Trial): number =>
    [leak, matrix, lint.length > 0 ? lint : null].filter((one) => one !== null).length;
  expect(quick.trials.map(witnesses).every((count) => count <= 1)).toBe(true);
  expect(whole.trials.map(witnesses).some((count) => count > 1)).toBe(true);
  expect(mutationFormats.markdown(quick)).toContain("prove --mutate --until-noticed --format markdown");
  expect(mutationFormats.table(quick)).toContain("whoever was the first");
  expect(mutationFormats.table(whole)).toContain("several may notice one");
});
