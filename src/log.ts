import { AsyncLocalStorage } from "node:async_hooks";
import { type DestinationStream, pino } from "pino";
import pretty from "pino-pretty";
import type { Config } from "./config.ts";
import { censors, withoutSecrets } from "./log_secrets.ts";

export type Log = pino.Logger;

/**
 * The process's log on standard output, without secrets: JSON lines with times in ISO 8601, or lines for people
 * where LOG_FORMAT is `pretty`. Whatever is logged while a request or a job is under way carries its id.
 *
 * @param destination where the JSON lines go instead
 */
export function createLog(
  { logLevel, logFormat }: Pick<Config, "logLevel" | "logFormat">,
  destination?: DestinationStream,
): Log {
  return pino(
    {
      level: logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // A new object each time: pino adds the line's own fields to it.
      mixin: () => ({ ...subject.getStore() }),
      formatters: { log: withoutSecrets },
      // An error is written already then.
      serializers: { ...censors, err: (error) => error },
    },
    destination ?? (logFormat === "pretty" ? forPeople() : pino.destination(1)),
  );
}

/** What work is about, by the names that each of its lines has. */
export type Subject = { readonly requestId: string } | { readonly job: string; readonly jobId: string };

const subject = new AsyncLocalStorage<Subject>();

/** Runs `work` so that every line logged meanwhile, however deep, says what it is about. */
export function about<T>(what: Subject, work: () => T): T {
  return subject.run(what, work);
}

/** One line each: the time of day, the level, what happened, and the fields beside it. */
function forPeople(): DestinationStream {
  return pretty({
    colorize: process.stdout.isTTY === true,
    translateTime: "SYS:HH:MM:ss.l",
    singleLine: true,
    sync: true,
  });
}
