import { workerData } from "node:worker_threads";
import { TOO_LARGE } from "./order.ts";

interface Watched {
  /** Bytes of the resident set. */
  readonly memory: number;
  /** Milliseconds; more than its starter waits, for whom this is only the second line. */
  readonly timeout: number;
  readonly parent: number;
}

/** How often the scale is read, in milliseconds: what is inflated meanwhile is what may be had above the limit. */
const EVERY = 10;

/**
 * A thread that ends the process in which it runs, however busy the other is: where it occupies too much, has no time
 * left or lost the process that started it. Node's own limits bound a heap, and inflated bytes lie outside of any.
 */
const { memory, timeout, parent } = workerData as Watched;
const started = performance.now();
setInterval(() => {
  if (process.memoryUsage.rss() > memory) process.kill(process.pid, TOO_LARGE);
  if (process.ppid !== parent || performance.now() - started > timeout) process.kill(process.pid, "SIGKILL");
}, EVERY);
