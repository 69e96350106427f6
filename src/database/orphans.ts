import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Stops server processes that a killed Rowhouse left behind in a data folder: the postmaster politely
 * first (fast shutdown), what remains with less and less ceremony. PostgreSQL recovers from its log.
 *
 * @returns the pids found
 */
export async function stopOrphans(dataDir: string): Promise<number[]> {
  const found = processesIn(dataDir);
  for (const [signal, patience] of [
    ["SIGINT", 10_000],
    ["SIGQUIT", 5_000],
    ["SIGKILL", 5_000],
  ] as const) {
    for (const pid of processesIn(dataDir)) signalProcess(pid, signal);
    if (await until(() => processesIn(dataDir).length === 0, patience)) break;
  }
  if (process.platform === "linux" && processesIn(dataDir).length === 0) {
    // Its pid may belong to somebody else by now, and PostgreSQL would take that process for a rival.
    rmSync(join(dataDir, "postmaster.pid"), { force: true });
  }
  return found;
}

/**
 * The process that runs the server in a data folder, or null: nobody runs one, or the server was left behind. Only a
 * Node.js process is taken for its keeper, because what was left behind belongs to init or to another supervisor.
 */
export function keeperOf(dataDir: string): number | null {
  const servers = processesIn(dataDir);
  const keepers = servers
    .map(parentOf)
    .filter((pid) => pid !== null && !servers.includes(pid) && isNode(pid));
  return keepers[0] ?? null;
}

function parentOf(pid: number): number | null {
  if (process.platform !== "linux") return Number(ps("ppid=", pid)) || null;
  try {
    // The second field is the command in parentheses, which may hold spaces; the parent is the fourth.
    return Number(
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")[1],
    );
  } catch {
    // Gone in the meantime.
    return null;
  }
}

function isNode(pid: number): boolean {
  if (process.platform !== "linux") return basename(ps("comm=", pid)).startsWith("node");
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`)).startsWith("node");
  } catch {
    // Gone, or somebody else's.
    return false;
  }
}

function ps(field: string, pid: number): string {
  try {
    return execFileSync("ps", ["-o", field, "-p", String(pid)], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    // Status 1: there is no such process.
    return "";
  }
}

/** Every server process works in the data folder. Elsewhere than on Linux only the postmaster is found. */
function processesIn(dataDir: string): number[] {
  if (process.platform !== "linux") return postmasterIn(dataDir);
  const folder = realpathSync(dataDir);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => workingDirectory(pid) === folder && pid !== process.pid && isPostgres(pid));
}

function workingDirectory(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // Gone, or not ours to look at: in neither case one of our server processes.
    return null;
  }
}

/** A shell that somebody opened in the data folder is not to be stopped. */
function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "postgres";
  } catch {
    // Gone in the meantime.
    return false;
  }
}

function postmasterIn(dataDir: string): number[] {
  try {
    const pid = Number(readFileSync(join(dataDir, "postmaster.pid"), "utf8").split("\n")[0]);
    return pid > 0 && ps("comm=", pid).endsWith("postgres") ? [pid] : [];
  } catch {
    // No pid file, or nobody behind it: PostgreSQL judges the rest for itself at start.
    return [];
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function until(condition: () => boolean, patience: number): Promise<boolean> {
  const deadline = Date.now() + patience;
  while (!condition()) {
    if (Date.now() > deadline) return false;
    await delay(50);
  }
  return true;
}
