import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { asDatabase } from "../../../src/database/credentials.ts";

/** A database that Rowhouse never saw, on the run's server. */
export interface BlankDatabase {
  /** The superuser's connection string. */
  readonly url: string;
  query(sql: string): Promise<pg.QueryResult>;
  drop(): Promise<void>;
}

export async function createBlankDatabase(): Promise<BlankDatabase> {
  const serverUrl = inject("adminUrl");
  const name = `blank_${randomBytes(6).toString("hex")}`;
  await once(serverUrl, `create database ${name} template template0`);
  const url = asDatabase(serverUrl, name);
  return {
    url,
    query: (sql) => once(url, sql),
    drop: async () => {
      await once(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

async function once(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
