import cluster from "node:cluster";
import { setTimeout as delay } from "node:timers/promises";
import { CommandError } from "../commands/failures.ts";
import type { Log } from "../log.ts";
import type { Figures } from "./figures.ts";
import type { FromWeb, ToWeb } from "./messages.ts";

/** A web process, as the primary sees it. */
export interface WebProcess {
  /** The `process` of its lines in the log. */
  readonly id: number;
  readonly pid: number;
  /** Resolves with its origin when it answers requests; rejects with a {@link CannotServe}. */
  readonly ready: Promise<string>;
  /** Resolves when it has ended, with its status or the signal that ended it. */
  readonly gone: Promise<string>;
  /** What it measured, when it was last heard of. */
  readonly figures: Figures;
  /** Asks it for its figures, and resolves when they are here, or it takes too long. */
  measure(): Promise<void>;
  /** Asks it to finish; kills it when that takes longer than so many milliseconds. Resolves when it is gone. */
  finish(how: "close" | "hand over", patience: number): Promise<void>;
  kill(): void;
}

/** A web process ended, or gave up, before it answered requests; the message says why. */
export class CannotServe extends CommandError {}

/** What a web process asks the primary for. */
export interface Wishes {
  /** Another process in its place. */
  replace(web: WebProcess): void;
  /** The page of /metrics. */
  page(): Promise<string>;
}

/** Milliseconds in which a process has to answer requests. It may have to wait for a database that recovers. */
const START_PATIENCE = 120_000;
/** Milliseconds in which everything is heard that a process said before its end. */
const LAST_WORDS = 1_000;
/** Milliseconds that a scrape waits for a process that is busy. */
const FIGURES_PATIENCE = 2_000;

/** Starts a process with `web.ts`. */
export function forkWebProcess(wishes: Wishes, log: Pick<Log, "warn">): WebProcess {
  const worker = cluster.fork();
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>();
  let figures: Figures = [];
  const waiting = new Set<() => void>();
  const heard = (): void => {
    for (const done of waiting) done();
    waiting.clear();
  };

  const ended = new Promise<string>((done) => {
    worker.once("exit", (code, signal) => done(signal ?? `status ${code}`));
  });
  // Its last words may come after the news of its end; and nothing tells that there are none where a connection was on
  // its way to it.
  const silent = new Promise((done) => worker.once("disconnect", done));
  // One that the system does not start has no end either.
  const refused = new Promise<string>((done) => {
    worker.on("error", ({ message }) => worker.process.pid === undefined && done(message));
  });
  const gone = Promise.race([ended, refused]).then(async (how) => {
    await Promise.race([silent, delay(LAST_WORDS)]);
    return how;
  });

  const kill = (): void => void worker.process.kill("SIGKILL");
  // Whom it does not reach any more is gone, and that is heard elsewhere.
  const tell = (message: ToWeb): void => void (worker.isConnected() && worker.send(message, () => {}));
  const web: WebProcess = {
    id: worker.id,
    pid: worker.process.pid ?? 0,
    ready,
    gone,
    get figures() {
      return figures;
    },
    measure() {
      return new Promise((done) => {
        waiting.add(done);
        setTimeout(() => {
          waiting.delete(done);
          done();
        }, FIGURES_PATIENCE).unref();
        tell({ say: "measure" });
      });
    },
    async finish(how, patience) {
      tell({ say: how });
      const impatience = setTimeout(() => {
        log.warn({ process: worker.id }, "a web process did not finish in time; it is killed");
        kill();
      }, patience);
      await gone;
      clearTimeout(impatience);
    },
    kill,
  };

  const impatience = setTimeout(kill, START_PATIENCE);
  ready.catch(() => {}).finally(() => clearTimeout(impatience));
  void gone.then((how) => {
    reject(new CannotServe(`it ended before it answered requests (${how})`));
    heard();
  });
  worker.on("message", (message: FromWeb) => {
    switch (message.say) {
      case "ready":
        return resolve(message.url);
      case "failed":
        return reject(new CannotServe(message.reason));
      case "replace":
        return wishes.replace(web);
      case "scrape":
        return void wishes.page().then(
          (page) => tell({ say: "page", question: message.question, page }),
          (err) => log.warn({ err }, "the metrics cannot be put together"),
        );
      case "figures":
        figures = message.figures;
        return heard();
      case "finished":
        figures = message.figures;
        return tell({ say: "go" });
    }
  });
  return web;
}
