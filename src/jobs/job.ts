import type pg from "pg";
import type { Providers } from "../chat/provider/providers.ts";
import type { Config } from "../config.ts";
import { ANSWER_PATIENCE } from "../database/pool.ts";
import type { ObjectStorage } from "../documents/storage/object_storage.ts";

/** Milliseconds that a job's call of the database may take. */
export const JOB_TIMEOUT = 2 * 60_000;

/** What a job works with. */
export interface JobContext {
  /** Connections as rowhouse_worker, which may execute `jobs.*` and read no table of a tenant. */
  readonly database: Pick<pg.Pool, "query">;
  readonly config: JobConfig;
  /** Model providers, as this process knows them: which of them are not well outlives a job. */
  readonly providers: Providers;
  /** What has the bytes of documents that are not in the database; null: nothing. */
  readonly objects: ObjectStorage | null;
}

/** The settings that jobs need. */
export type JobConfig = Pick<
  Config,
  | "masterKey"
  | "previousMasterKey"
  | "accessTokenAlgorithm"
  | "documents"
  | "documentStorage"
  | "guests"
  | "webhooks"
  | "modelProviders"
  | "model"
  | "audit"
>;

/**
 * A background job. It takes no data, so that the queue holds none; run twice, it does no more than once.
 *
 * @returns what it did, in a few figures for the log
 */
export type Job = (context: JobContext) => Promise<JobResult>;

export type JobResult = Readonly<Record<string, number | boolean | string>>;

/** The one value that `select jobs.<name>(…)` returns. */
export async function callFunction<T>(
  { database }: JobContext,
  sql: string,
  values: readonly unknown[] = [],
): Promise<T> {
  // pg takes a bound per query; its types do not know.
  const bound = { query_timeout: JOB_TIMEOUT + ANSWER_PATIENCE };
  const { rows } = await database.query<[T]>({ text: sql, values: [...values], rowMode: "array", ...bound });
  const [row] = rows;
  if (!row) throw new Error(`${sql} returned no row`);
  return row[0];
}
