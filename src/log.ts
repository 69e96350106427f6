import { pino } from "pino";
import type { Config } from "./config.ts";

export type Log = pino.Logger;

/** The process's log: JSON lines on standard output, times in ISO 8601, without secrets. */
export function createLog(config: Pick<Config, "logLevel">): Log {
  return pino({
    level: config.logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // A last net: nothing should log these in the first place.
    redact: {
      paths: ["", "*.", "*.*."].flatMap((depth) =>
        secretNames.map((name) => `${depth}["${name}"]`.replace(".[", "[")),
      ),
      censor: "[secret]",
    },
  });
}

const secretNames = [
  "authorization",
  "cookie",
  "password",
  "refresh_token",
  "access_token",
  "token",
  "set-cookie",
  "x-api-key",
];
