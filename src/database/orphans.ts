import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
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
    const command = execFileSync("ps", ["-o", "comm=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: "pipe",
    });
    return command.trim().endsWith("postgres") ? [pid] : [];
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
