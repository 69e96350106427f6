import { afterAll, beforeAll, expect, test } from "vitest";
import { cautions } from "../../src/processes/cautions.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const config = {
  processes: 4,
  redisUrl: "redis://localhost",
  worker: true,
  database: { poolSize: 10 } as never,
};

test("where Redis counts and PostgreSQL allows enough connections there is nothing to say", async () => {
  expect(await cautions(config, database.appUrl)).toEqual([]);
});

test("without Redis the limits are as many times as wide as there are processes, and that is said", async () => {
  expect(await cautions({ ...config, redisUrl: null }, database.appUrl)).toEqual([
    "REDIS_URL is not set: each of the 4 processes counts requests by itself, so rate limits are up to 4 times as wide",
  ]);
});

test("more connections than PostgreSQL allows are said, less those that it reserves", async () => {
  const { rows } = await database.admin.query(
    "select current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer as allowed",
  );
  expect(await cautions({ ...config, processes: 16 }, database.appUrl)).toEqual([
    `the processes may open 363 connections, and PostgreSQL allows ${rows[0].allowed}: lower DATABASE_POOL_SIZE, or raise max_connections`,
  ]);
});
