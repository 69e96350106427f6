import { setTimeout as delay } from "node:timers/promises";
import { Logger, type Runner, run, type TaskList } from "graphile-worker";
import type pg from "pg";
import { openProviders } from "../chat/provider/providers.ts";
import { JOBS_AT_ONCE, WORKER_CONNECTIONS } from "../database/connections_needed.ts";
import { Pool } from "../database/pool.ts";
import { openStorage } from "../documents/storage/open_storage.ts";
import { about, type Log } from "../log.ts";
import type { Metrics, WatchedQueue } from "../metrics.ts";
import { traced } from "../tracing.ts";
import { beat, keepBeating } from "./heartbeat.ts";
import { JOB_TIMEOUT, type Job, type JobConfig, type JobContext } from "./job.ts";
import { jobs as allJobs, atStart, schedule } from "./jobs.ts";
import { type Watched, watchDue } from "./watch_due.ts";

export interface WorkerOptions {
  /** Connects as rowhouse_worker, directly: the queue listens, which PgBouncer cannot pass on. */
  readonly connectionString: string;
  readonly config: JobConfig;
  readonly log: Log;
  /** Hears of each job's run, and is told of the queue. */
  readonly metrics?: Metrics;
  /** The jobs to run; all of them unless given. */
  readonly jobs?: Readonly<Record<string, Job>>;
}

export interface Worker {
  /** Takes no further job, waits for those in hand (10 seconds at most), and lets go of the database. */
  stop(): Promise<void>;
}

/** Milliseconds that the queue waits for an answer of the database; its questions are small. */
const QUEUE_PATIENCE = 10_000;
/** Milliseconds that jobs in hand have to finish when the worker is told to stop. */
const GRACE = 10_000;
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
  options.metrics?.watchPool("worker", pool);
  options.metrics?.watchQueue(queueOf(pool));
  const stopping = new AbortController();
  const inHand = new Set<string>();
  const { config, metrics } = options;
  const context: JobContext = {
    database: pool,
    config,
    providers: openProviders({ reach: config.modelProviders, log, metrics: metrics?.providers }),
    objects: openStorage(config).objects,
  };
  let runner: Runner;
  try {
    runner = await openQueue(pool, context, options, inHand);
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
      const reopened = await reopen(() => openQueue(pool, context, options, inHand), log, stopping.signal);
      if (reopened === null) return;
      runner = reopened;
      log.info("the job queue is open again");
    }
  };
  const watched = whatIsDue(inHand).filter(({ job }) => Object.hasOwn(options.jobs ?? allJobs, job));
  const running = Promise.all([
    keepRunning(),
    keepBeating(pool, log, stopping.signal),
    ...(watched.length > 0 ? [watchDue(watched, pool, () => runner, log, stopping.signal)] : []),
  ]);
  return {
    async stop() {
      stopping.abort();
      const stopped = runner
        .stop()
        .catch(alreadyStopped)
        .then(() => running);
      const late = await Promise.race([stopped.then(() => false), delay(GRACE, true, { ref: false })]);
      if (late) {
        log.warn("jobs were still in hand when the time was up; their connections are cut");
        // What becomes of them now is the queue's to find out when they are tried again.
        stopped.catch(() => {});
      }
      await pool.close();
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

/** What people wait for, so that it is looked for more often than by the minute. */
function whatIsDue(inHand: ReadonlySet<string>): Watched[] {
  return [
    { job: "deliver_webhooks", due: "select jobs.webhooks_due() as due" },
    { job: "push_audit", due: "select jobs.audit_streams_due() as due" },
    // A process reads one file at a time: further jobs would only keep others from running.
    {
      job: "index_documents",
      due: "select jobs.documents_due() as due",
      busy: () => inHand.has("index_documents"),
    },
  ];
}

async function openQueue(
  pool: Pool,
  context: JobContext,
  options: WorkerOptions,
  inHand: Set<string>,
): Promise<Runner> {
  const jobs = options.jobs ?? allJobs;
  const runner = await run({
    pgPool: pool,
    schema: "graphile_worker",
    concurrency: JOBS_AT_ONCE,
    noHandleSignals: true,
    taskList: taskList(jobs, context, options, inHand),
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

/**
 * Each job as a task of the queue: what it did is one line of the log. Failures are the queue's to log and retry;
 * the last one, after which nobody tries again, is said here.
 */
function taskList(
  jobs: Readonly<Record<string, Job>>,
  context: JobContext,
  { log, metrics }: Pick<WorkerOptions, "log" | "metrics">,
  inHand: Set<string>,
): TaskList {
  const tasks: TaskList = {};
  for (const [name, job] of Object.entries(jobs)) {
    tasks[name] = (_payload, { job: { id: jobId, attempts, max_attempts: most } }) => {
      const began = performance.now();
      const ended = (outcome: "ok" | "error" | "failed"): number => {
        const ms = performance.now() - began;
        metrics?.jobs.observe({ job: name, outcome }, ms / 1000);
        return Math.round(ms);
      };
      const run = async (): Promise<void> => {
        inHand.add(name);
        try {
          const result = await job(context);
          log.info({ ms: ended("ok"), ...result }, "job done");
        } catch (error) {
          const forGood = attempts >= most;
          const ms = ended(forGood ? "failed" : "error");
          if (forGood)
            log.error({ ms, attempts }, 'job failed for good; "rowhouse jobs retry" runs it again');
          throw error;
        } finally {
          inHand.delete(name);
        }
      };
      const work = { name: `job ${name}`, kind: "consumer", attributes: { "rowhouse.job": name } } as const;
      return about({ job: name, jobId }, () => traced(work, run));
    };
  }
  return tasks;
}

/** What the metrics ask of the queue and the trail. */
function queueOf(database: Pick<pg.Pool, "query">): WatchedQueue {
  return {
    async count() {
      const { rows } = await database.query<{ job: string; state: string; count: number }>(
        "select job, state, count(*)::integer as count from jobs.list() group by job, state",
      );
      return rows;
    },
    async trailEvents() {
      const { rows } = await database.query<{ events: string }>(
        "select trail_events as events from jobs.measure()",
      );
      return Number(rows[0]?.events ?? 0);
    },
  };
}

function openPool(connectionString: string, log: Log): Pool {
  const pool = new Pool(
    {
      connectionString,
      max: WORKER_CONNECTIONS,
      name: "rowhouse worker",
      statementTimeout: JOB_TIMEOUT,
      answerTimeout: QUEUE_PATIENCE,
    },
    log,
  );
  // A connection that breaks tells its client; the query that needs it fails and is retried.
  const onError = (err: Error): void => log.debug({ err }, "the worker lost a connection");
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
