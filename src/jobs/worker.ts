import { setTimeout as delay } from "node:timers/promises";
import { Logger, type Runner, run, type TaskList } from "graphile-worker";
import pg from "pg";
import type { Log } from "../log.ts";
import { beat, keepBeating } from "./heartbeat.ts";
import type { Job, JobConfig, JobContext } from "./job.ts";
import { jobs as allJobs, atStart, schedule } from "./jobs.ts";

export interface WorkerOptions {
  /** Connects as rowhouse_worker, directly: the queue listens, which PgBouncer cannot pass on. */
  readonly connectionString: string;
  readonly config: JobConfig;
  readonly log: Log;
  /** The jobs to run; all of them unless given. */
  readonly jobs?: Readonly<Record<string, Job>>;
}

export interface Worker {
  /** Takes no further job, waits for those in hand, and lets go of the database. */
  stop(): Promise<void>;
}

/** Jobs at the same time. */
const CONCURRENCY = 2;
/** One for each job, and one each for listening, the crontab, the heartbeat. */
const CONNECTIONS = CONCURRENCY + 3;
/** Milliseconds to wait for a connection before it counts as failed. */
const CONNECT_PATIENCE = 10_000;
/** Milliseconds before the queue is opened again after it failed: doubled each time, up to the last. */
const FIRST_RETRY = 500;
const LAST_RETRY = 30_000;

/**
 * Runs the background jobs in this process: by the crontab, and whatever is in the queue.
 *
 * A database that goes away later ends neither the process nor the worker: it tries again until the
 * database is back.
 *
 * @throws if the database cannot be reached at the start, or its job queue is not prepared
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { log } = options;
  const pool = openPool(options.connectionString, log);
  const stopping = new AbortController();
  let runner: Runner;
  try {
    runner = await openQueue(pool, options);
    await beat(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }

  const keepRunning = async (): Promise<void> => {
    for (;;) {
      const reason = await runner.promise.then(
        () => null,
        (error: unknown) => error,
      );
      if (stopping.signal.aborted) return;
      log.warn({ err: reason }, "the job queue closed; opening it again");
      const reopened = await reopen(() => openQueue(pool, options), log, stopping.signal);
      if (reopened === null) return;
      runner = reopened;
      log.info("the job queue is open again");
    }
  };
  const running = Promise.all([keepRunning(), keepBeating(pool, log, stopping.signal)]);
  return {
    async stop() {
      stopping.abort();
      await runner.stop().catch(alreadyStopped);
      await running;
      await pool.end();
    },
  };
}

/** Opens the queue once more, however often it takes; null when told to stop first. */
async function reopen(open: () => Promise<Runner>, log: Log, signal: AbortSignal): Promise<Runner | null> {
  for (let wait = FIRST_RETRY; ; wait = Math.min(wait * 2, LAST_RETRY)) {
    await delay(wait, undefined, { signal }).catch(() => {});
    if (signal.aborted) return null;
    try {
      const runner = await open();
      if (!signal.aborted) return runner;
      await runner.stop();
      return null;
    } catch (err) {
      log.warn({ err }, "the job queue cannot be opened yet");
    }
  }
}

async function openQueue(pool: pg.Pool, options: WorkerOptions): Promise<Runner> {
  const jobs = options.jobs ?? allJobs;
  const runner = await run({
    pgPool: pool,
    schema: "graphile_worker",
    concurrency: CONCURRENCY,
    noHandleSignals: true,
    taskList: taskList(jobs, { database: pool, config: options.config }, options.log),
    parsedCronItems: schedule().filter(({ task }) => Object.hasOwn(jobs, task)),
    logger: new Logger(() => logTo(options.log)),
    // Batches, even of one, are how the queue retries to note a job's end and how stop() waits for that.
    // Without them the note is a promise that nobody holds, and a lost connection ends the process.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  });
  // Whoever holds the runner hears of its end; until then it must not end the process.
  runner.promise.catch(() => {});
  try {
    for (const name of atStart.filter((one) => Object.hasOwn(jobs, one))) {
      await runner.addJob(name, {}, { jobKey: name });
    }
  } catch (error) {
    await runner.stop().catch(alreadyStopped);
    throw error;
  }
  return runner;
}

/** Each job as a task of the queue: what it did is one line of the log. Failures are the queue's to log and retry. */
function taskList(jobs: Readonly<Record<string, Job>>, context: JobContext, log: Log): TaskList {
  const tasks: TaskList = {};
  for (const [name, job] of Object.entries(jobs)) {
    tasks[name] = async () => {
      const began = performance.now();
      const result = await job(context);
      log.info({ job: name, ms: Math.round(performance.now() - began), ...result }, "job done");
    };
  }
  return tasks;
}

function openPool(connectionString: string, log: Log): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_PATIENCE,
    keepAlive: true,
    application_name: "rowhouse worker",
  });
  // A connection that breaks tells its pool or its client; the query that needs it fails and is retried.
  const onError = (err: Error): void => log.debug({ err }, "the worker lost a connection");
  pool.on("error", onError);
  pool.on("connect", (client) => client.on("error", onError));
  return pool;
}

/** graphile-worker's log in ours. Its news are details; payloads and jobs are left out. */
function logTo(log: Log) {
  const levels = { error: "error", warning: "warn", info: "debug", debug: "trace" } as const;
  return (level: keyof typeof levels, message: string, meta?: Record<string, unknown>): void => {
    log[levels[level]]({ err: meta?.error }, message);
  };
}

function alreadyStopped(error: Error): void {
  if (error.message !== "Runner is already stopped") throw error;
}
