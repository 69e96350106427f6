import { startedByNpm } from "../config.ts";
import { stopOwnProcesses } from "../database/own_processes.ts";

/** What is listened to. SIGHUP comes when the terminal is closed. */
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type Signal = keyof typeof signals;

/** Milliseconds within which a second signal is the echo of the first: npm passes on what the terminal sent already. */
const ECHO = 500;
/** Milliseconds between two looks whether npm is still there. */
const PARENT_WATCH = 500;

let first: number | null = null;
let hungUp: (() => void) | null = null;
let respond: (signal: Signal) => void = (signal) => {
  void stopOwnProcesses().then(() => exit(signal));
};

/**
 * From now on a first SIGINT, SIGTERM or SIGHUP ends this process at once, and first what it runs (the embedded
 * server, initdb); a second one does not wait for them. A command that serves takes the first one over with
 * `stopRequested` when it is ready.
 *
 * Under npm the end of npm counts as a SIGTERM: killed outright it passes nothing on, and a server nobody waits for
 * would keep the port and the database.
 */
export function listenForSignals(): void {
  for (const signal of Object.keys(signals) as Signal[]) process.on(signal, () => arrived(signal));
  if (!startedByNpm()) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && first === null) arrived("SIGTERM");
  }, PARENT_WATCH).unref();
}

/** Resolves with the first signal, which is then for the caller to obey; a second one exits at once. */
export function stopRequested(): Promise<NodeJS.Signals> {
  return new Promise((done) => {
    respond = done;
  });
}

/**
 * From now on a SIGHUP calls this instead, as servers do that nobody watches. With a terminal it goes on to mean that the
 * terminal was closed.
 */
export function onHangUp(respond: () => void): void {
  if (![process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY)) hungUp = respond;
}

function arrived(signal: Signal): void {
  if (signal === "SIGHUP" && hungUp !== null && first === null) {
    hungUp();
  } else if (first === null) {
    first = Date.now();
    respond(signal);
  } else if (Date.now() - first > ECHO) {
    exit(signal);
  }
}

/** The status that shells give to a process ended by that signal. */
function exit(signal: Signal): never {
  process.exit(128 + signals[signal]);
}
