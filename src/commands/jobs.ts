import { asWorker } from "./as_worker.ts";
import { inColumns } from "./columns.ts";
import { UsageError } from "./failures.ts";
import { oneOf, parseArguments } from "./inspected.ts";

/** A row of `jobs.list()`. */
interface QueuedJob {
  readonly id: string;
  readonly job: string;
  readonly state: string;
  readonly attempts: number;
  readonly max_attempts: number;
  readonly run_at: Date;
  readonly last_error: string | null;
}

/**
 * `rowhouse jobs list|retry`: what is in the queue, and another chance for what failed for good. Status 1 if a job
 * that was named cannot be retried, because there is none of that number that failed for good.
 */
export async function jobs(args: string[]): Promise<0 | 1> {
  const [verb, ...rest] = args;
  if (verb === "list") return list(rest);
  if (verb === "retry") return retry(rest);
  throw new UsageError(verb === undefined ? '"jobs" wants list or retry' : `"jobs" cannot "${verb}"`);
}

async function list(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, { format: { type: "string" } });
  if (positionals.length > 0) throw new UsageError(`"jobs list" takes no argument "${positionals[0]}"`);
  const format = oneOf("format", ["table", "json"] as const, values.format) ?? "table";
  await asWorker(async (client) => {
    const { rows } = await client.query<QueuedJob>("select * from jobs.list()");
    console.log(format === "json" ? JSON.stringify(rows, null, 2) : table(rows));
  });
  return 0;
}

async function retry(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { failed: { type: "boolean" } });
  if (values.failed === true ? positionals.length > 0 : positionals.length === 0) {
    throw new UsageError('"jobs retry" wants the ids of jobs, or --failed for all that failed');
  }
  const odd = positionals.find((id) => !/^\d{1,18}$/.test(id));
  if (odd !== undefined) throw new UsageError(`"${odd}" is no id of a job`);

  return asWorker(async (client) => {
    const ids = values.failed
      ? (await client.query("select id from jobs.list() where state = 'failed'")).rows.map(({ id }) => id)
      : positionals;
    let refused = 0;
    for (const id of ids) {
      const { rows } = await client.query<{ done: boolean }>("select jobs.retry($1) as done", [id]);
      if (rows[0]?.done) console.log(`job ${id} runs again`);
      else {
        refused += 1;
        console.error(`rowhouse: no job ${id} has failed for good`);
      }
    }
    if (ids.length === 0) console.log("no job has failed for good");
    return refused === 0 ? 0 : 1;
  });
}

function table(jobs: readonly QueuedJob[]): string {
  if (jobs.length === 0) return "the queue is empty";
  const lines = jobs.map(({ id, job, state, attempts, max_attempts, run_at, last_error }) => [
    id,
    job,
    state,
    `${attempts}/${max_attempts}`,
    run_at.toISOString(),
    last_error?.split("\n")[0] ?? "",
  ]);
  const rows = [["id", "job", "state", "attempts", "runs at", "last error"], ...lines];
  return inColumns(rows);
}
