import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Catalogue, readCatalogue } from "../../../src/inspect/prove/fixture/catalogue.ts";
import { type BlankDatabase, createBlankDatabase } from "../catalogue/blank_database.ts";

const pinned = "security definer set search_path = ''";

/** A shop; `stock.order_of` is another function than `shop.order_of`. */
const SHOP = `
  create schema shop; create schema stock;
  create table shop.orders (id bigint primary key);
  create table shop.customers (id bigint primary key);
  create table shop.parcels (id bigint primary key);
  create table shop."spare parts" (id bigint primary key);
  create view shop.open_orders as select id from shop.orders;
  create function stock.order_of(parcel bigint) returns bigint language sql as 'select 1';
  create function shop.order_of(parcel bigint) returns bigint language sql set search_path = '' as 'select id from shop.orders where id = parcel';
  create function shop.names_one(id bigint) returns bigint language sql ${pinned} as 'select id from shop.customers where customers.id = names_one.id';
  create function shop.calls_another(parcel bigint) returns bigint language plpgsql ${pinned} as 'begin perform 1 from shop.parcels; return shop.order_of(parcel); end';
  create function shop.asks_a_view() returns bigint language sql ${pinned} begin atomic select id from shop.open_orders; end;
  create function shop.calls_elsewhere(parcel bigint) returns bigint language sql ${pinned} as 'select stock.order_of(parcel)';
  create function shop.only_says(id bigint) returns bigint language plpgsql ${pinned} as $$begin -- as in orders
    return id; end$$;
  create function shop.trusts_the_path(parcel bigint) returns bigint language sql security definer set search_path = 'shop' as 'select order_of(parcel)';
  create function shop.puts_together(named text) returns void language plpgsql ${pinned} as $$begin execute format('delete from shop.%I', named); end$$;
  create function shop.is_no_sql(internal) returns internal language internal security definer as 'textrecv';`;

let database: BlankDatabase;
let catalogue: Catalogue;
beforeAll(async () => {
  database = await createBlankDatabase();
  await database.query(SHOP);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("set search_path = ''");
  catalogue = await readCatalogue(client, ["shop"]);
  await client.end();
});
afterAll(() => database.drop());

const ALL = ["orders", "customers", "parcels", "spare parts"];
test.each([
  ["names_one", ["customers", "spare parts"], "what stands in it"],
  [
    "calls_another",
    ["parcels", "orders", "spare parts"],
    "the nearest first, then what stands in what it calls",
  ],
  ["asks_a_view", ["orders", "spare parts"], "what a view looks at"],
  ["calls_elsewhere", ["spare parts"], "not what another schema's function of the same name looks at"],
  ["only_says", ["spare parts"], "not what stands in a comment"],
  ["trusts_the_path", ["orders", "spare parts"], "what it may find by its search_path"],
  ["puts_together", ALL, "everything, where SQL is put together as it runs"],
  ["is_no_sql", ALL, "everything, where it is in a language that is not read"],
])("%s may be about %j: %s", (name, expected) => {
  const definer = catalogue.functions.find((one) => one.name === `shop.${name}`)!;
  const tables = [...catalogue.relations.values()].filter(({ kind }) => kind === "table");
  expect(catalogue.mentions.of(definer.oid, tables).map(({ plainName }) => plainName)).toEqual(expected);
});
