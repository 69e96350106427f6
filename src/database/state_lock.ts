import { execFileSync } from "node:child_process";
import { linkSync, readFileSync, realpathSync, renameSync, unlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { createFile, readIfThere, replaceFile } from "../whole_file.ts";
import { keeperOf } from "./orphans.ts";

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
 * left behind by kill -9 or a power cut is recognised as such and replaced; so is one that holds nothing to be
 * recognised by.
 *
 * @throws {StateDirInUse}
 */
export function lockStateDir(stateDir: string): StateLock {
  const path = lockPath(stateDir);
  const mine: LockHolder = { pid: process.pid, started: startTime(process.pid) ?? "unknown" };
  const text = (holder: LockHolder): string => `${JSON.stringify(holder)}\n`;
  while (!createFile(path, text(mine))) removeStale(path, stateDir);
  return {
    publish: (port) => replaceFile(path, text({ ...mine, port })),
    release() {
      const holder = readHolder(path);
      if (holder !== null && holder !== "damaged" && holder.pid === process.pid) unlinkSync(path);
    },
  };
}

/** The living process that uses the state folder, or null. Where the lock is lost or damaged, its server tells. */
export function stateDirHolder(stateDir: string): LockHolder | null {
  const holder = readHolder(lockPath(stateDir));
  if (holder === null || holder === "damaged") return holderOfServer(stateDir);
  return isAlive(holder) ? holder : null;
}

function holderOfServer(stateDir: string): LockHolder | null {
  const dataDir = join(stateDir, "postgres");
  const postmaster = readIfThere(join(dataDir, "postmaster.pid"));
  const keeper = postmaster === null ? null : keeperOf(realpathSync(dataDir));
  const started = keeper === null ? null : startTime(keeper);
  if (keeper === null || started === null) return null;
  // The fourth line of PostgreSQL's own pid file is its port.
  const port = Number(postmaster?.split("\n")[3]);
  return { pid: keeper, started, ...(port > 0 && { port }) };
}

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
  if (holder !== "damaged" && isAlive(holder)) throw new StateDirInUse(holder.pid, stateDir);
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
  if (moved && moved !== "damaged" && isAlive(moved)) linked(aside, path);
  unlinkSync(aside);
}

/** What the lock says; "damaged" if it is empty or cut off, as a power cut may leave a file. */
function readHolder(path: string): LockHolder | "damaged" | null {
  const text = readIfThere(path);
  if (text === null) return null;
  try {
    const { pid, started, port } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== "number" || typeof started !== "string") return "damaged";
    return { pid, started, ...(typeof port === "number" && { port }) };
  } catch {
    return "damaged";
  }
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
