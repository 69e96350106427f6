import { execFileSync } from "node:child_process";
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** What the lock file says: who uses the state folder, and where its database listens. */
export interface LockHolder {
  readonly pid: number;
  /** When that process started, in the operating system's own words; tells it from a later one with its pid. */
  readonly started: string;
  /** Port of the embedded database, once it is known. */
  readonly port?: number;
}

/** Another process is using the state folder. */
export class StateDirInUse extends Error {
  readonly pid: number;
  constructor(pid: number, stateDir: string) {
    super(`another rowhouse (pid ${pid}) is using ${relative(process.cwd(), stateDir) || "."}`);
    this.name = "StateDirInUse";
    this.pid = pid;
  }
}

export interface StateLock {
  /** Writes the database's port into the lock, for other commands to find. */
  publish(port: number): void;
  release(): void;
}

const lockPath = (stateDir: string): string => join(stateDir, "lock.json");

/**
 * Takes the state folder for this process. The lock holds a pid and that process's start time, so one
 * left behind by kill -9 or a power cut is recognised as such and replaced.
 *
 * @throws {StateDirInUse}
 */
export function lockStateDir(stateDir: string): StateLock {
  const path = lockPath(stateDir);
  const mine: LockHolder = { pid: process.pid, started: startTime(process.pid) ?? "unknown" };
  const draft = join(stateDir, `lock.${process.pid}.json`);
  const write = (holder: LockHolder): void =>
    writeFileSync(draft, `${JSON.stringify(holder)}\n`, { mode: 0o644 });

  write(mine);
  try {
    while (!linked(draft, path)) removeStale(path, stateDir);
  } finally {
    unlinkSync(draft);
  }
  return {
    publish(port) {
      write({ ...mine, port });
      renameSync(draft, path);
    },
    release() {
      if (readHolder(path)?.pid === process.pid) unlinkSync(path);
    },
  };
}

/** The living process that uses the state folder, or null. */
export function stateDirHolder(stateDir: string): LockHolder | null {
  const holder = readHolder(lockPath(stateDir));
  return holder && isAlive(holder) ? holder : null;
}

/** A link is made whole or not at all: nobody ever reads a half-written lock. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function removeStale(path: string, stateDir: string): void {
  const holder = readHolder(path);
  if (holder === null) return;
  if (isAlive(holder)) throw new StateDirInUse(holder.pid, stateDir);
  // Of several that find the same stale lock one renames it; if what it moved turns out to be the
  // new lock of a quicker one, it goes back where it was.
  const aside = join(stateDir, `lock.stale.${process.pid}.json`);
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const moved = readHolder(aside);
  if (moved && isAlive(moved)) linked(aside, path);
  unlinkSync(aside);
}

function readHolder(path: string): LockHolder | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  return JSON.parse(text) as LockHolder;
}

function isAlive(holder: LockHolder): boolean {
  return startTime(holder.pid) === holder.started;
}

/** When a process started, or null if there is none with this pid. Start times differ where pids recur. */
function startTime(pid: number): string | null {
  if (process.platform === "linux") {
    try {
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      // The second field is the command in parentheses, which may hold spaces; the start time, in
      // ticks since boot, is the 22nd. A zombie (third field) no longer uses anything.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      return fields[0] === "Z" ? null : `${boot}:${fields[19]}`;
    } catch (error) {
      if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
      throw error;
    }
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  } catch {
    // ps answers with status 1 when there is no such process.
    return null;
  }
}
