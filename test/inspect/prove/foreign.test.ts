import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProveConfig } from "../../../src/inspect/prove/config.ts";
import { leaksOf, type Proof } from "../../../src/inspect/prove/report.ts";
import { prove } from "../../../src/inspect/prove/run.ts";
import { type BlankDatabase, createBlankDatabase } from "../catalogue/blank_database.ts";

/** A database of another's, whose callers come in by a function and cannot choose the context themselves. */
const KIOSK = `
  create schema kiosk;
  create table kiosk.shops (id bigint generated always as identity primary key, name text not null);
  create table kiosk.orders (
    shop_id bigint not null references kiosk.shops, id bigint generated always as identity,
    customer text not null, paid boolean not null default false, primary key (shop_id, id));
  create table kiosk.visits (backend integer, transaction xid8, shop bigint);
  create function kiosk.come_in(shop bigint) returns void language sql security definer set search_path = ''
    as 'insert into kiosk.visits values (pg_catalog.pg_backend_pid(), pg_catalog.pg_current_xact_id(), shop)';
  create function kiosk.shop() returns bigint language plpgsql stable security definer set search_path = '' as $$
    declare found bigint;
    begin
      select shop into found from kiosk.visits
      where backend = pg_catalog.pg_backend_pid() and transaction = pg_catalog.pg_current_xact_id_if_assigned();
      if found is null then raise exception 'come in first' using errcode = 'KI401'; end if;
      return found;
    end $$;
  alter table kiosk.shops enable row level security;
  alter table kiosk.orders enable row level security;
  grant usage on schema kiosk to KIOSK_WEB;
  grant select on kiosk.shops, kiosk.orders to KIOSK_WEB;
  create policy "a shop sees itself" on kiosk.shops to KIOSK_WEB using (id = (select kiosk.shop()));
  create policy "a shop sees its orders" on kiosk.orders to KIOSK_WEB using (shop_id = (select kiosk.shop()));`;

let database: BlankDatabase;
const role = `kiosk_${process.pid}`;
beforeAll(async () => {
  database = await createBlankDatabase();
  await database.query(`create role ${role} nologin`);
  await database.query(KIOSK.replaceAll("KIOSK_WEB", role));
});
afterAll(async () => {
  await database.query(`drop owned by ${role}; drop role ${role}`);
  await database.drop();
});

const proof = (more: Partial<ProveConfig> = {}): Promise<Proof> =>
  prove({
    url: database.url,
    seed: 1,
    runs: 0,
    config: {
      ...{ schemas: ["kiosk"], tenantColumn: "shop_id", apiRoles: [role], shared: ["kiosk.visits"] },
      ...{ enter: ["select kiosk.come_in($tenant)"], sealed: true, ...more },
    },
  });

const about = (found: Proof, target: string): string[] =>
  leaksOf(found)
    .filter((cell) => cell.target === target)
    .map(({ attempt }) => attempt);

describe("a database of another's", () => {
  test("tells by errors, plans and estimates of rows that it does not show", async () => {
    const found = await proof();
    expect(about(found, "kiosk.orders")).toEqual(
      expect.arrayContaining([
        "learn by an error by sequential scan, with no context",
        "learn by explain (analyze) by sequential scan, with a context",
        "learn by estimates, with a context",
      ]),
    );
    expect(about(found, "kiosk.orders").filter((attempt) => !attempt.startsWith("learn"))).toEqual([]);
    expect(about(found, `what holds ${role}`)).toEqual(["drop owned by"]);
    expect(about(found, "large objects")).toEqual(["create", "create with a content"]);
    expect(found.leftBehind).toEqual([]);
  }, 300_000);

  test("is told what a pool would meet, and what its way of resetting leaves", async () => {
    const connection = async (config: Partial<ProveConfig>): Promise<Record<string, string>> => {
      const { cells } = await proof(config);
      return Object.fromEntries(
        cells
          .filter(({ target }) => target.startsWith("connection: "))
          .map(({ target, status }) => [target.slice("connection: ".length), status]),
      );
    };
    const everything = [
      ...["setting", "row security switched off", "advisory lock", "open cursor"],
      ...["channel listened to", "prepared statement", "temporary table"],
    ];
    const all = (status: string): Record<string, string> =>
      Object.fromEntries(everything.map((name) => [name, status]));
    expect(await connection({})).toEqual(all("expected"));
    expect(await connection({ reset: ["reset all"] })).toEqual({
      ...all("leak"),
      setting: "denied",
      "row security switched off": "denied",
    });
  }, 300_000);
});
