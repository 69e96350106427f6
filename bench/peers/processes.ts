import { existsSync, readdirSync, readFileSync } from "node:fs";

// What Linux counts of its processes (proc_pid_stat(5)). What lives is read to the nanosecond, thread by thread
// (schedstat); what ended, in clock ticks, from its parent.

/** Milliseconds of a clock tick (USER_HZ is 100). */
const TICK = 10;

/** @throws where there is nothing to read */
export function requireProc(): void {
  if (!existsSync("/proc/self/schedstat")) {
    throw new Error("CPU times come from /proc/<pid>/schedstat, which only Linux has");
  }
}

/** Milliseconds of CPU that a process has used so far, with those of its children that ended. */
export function cpuOf(pid: number): number {
  const stat = statOf(pid);
  return stat === null ? 0 : stat.ended + runningTime(pid);
}

/** The same for a process with its children, living and ended: PostgreSQL is a server process and its backends. */
export function cpuOfFamily(pid: number): number {
  for (;;) {
    const ended = statOf(pid)?.ended;
    let cpu = cpuOf(pid);
    for (const child of readdirSync("/proc")) {
      if (/^\d+$/.test(child) && statOf(Number(child))?.parent === pid) cpu += cpuOf(Number(child));
    }
    // Who ended meanwhile was counted twice or not at all.
    if (statOf(pid)?.ended === ended) return cpu;
  }
}

/** Milliseconds of CPU that the whole machine has used so far. */
export function cpuOfMachine(): number {
  const [, user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] = readFileSync(
    "/proc/stat",
    "utf8",
  )
    .split("\n", 1)[0]!
    .split(/ +/)
    .map(Number);
  return (user + nice + system + interrupts + softInterrupts) * TICK;
}

/** The most memory that a process has had at once, in bytes. */
export function peakMemoryOf(pid: number): number {
  return statusOf(pid, "VmHWM");
}

/** Memory that a process shares with nobody, in bytes; none if it ended. */
export function privateMemoryOf(pid: number): number {
  return statusOf(pid, "RssAnon");
}

/** Its parent, and the milliseconds of CPU of its children that ended. */
function statOf(pid: number): { parent: number; ended: number } | null {
  const text = readIfThere(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The name before the fields may hold spaces and parentheses.
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [, parent = 0] = fields;
  const [user = 0, system = 0] = fields.slice(13, 15);
  return { parent, ended: (user + system) * TICK };
}

/** Milliseconds that the threads of a process have run. */
function runningTime(pid: number): number {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    return ended(error, 0);
  }
  return threads.reduce((sum, thread) => {
    const [nanoseconds = "0"] = (readIfThere(`/proc/${pid}/task/${thread}/schedstat`) ?? "").split(" ");
    return sum + Number(nanoseconds) / 1e6;
  }, 0);
}

function statusOf(pid: number, name: string): number {
  const status = readIfThere(`/proc/${pid}/status`) ?? "";
  const [, kilobytes = "0"] = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
  return Number(kilobytes) * 1024;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return ended(error, null);
  }
}

/** Processes and threads end between the listing and the look. */
function ended<Nothing>(error: unknown, nothing: Nothing): Nothing {
  if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return nothing;
  throw error;
}
