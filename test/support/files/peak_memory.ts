import { readdirSync, readFileSync } from "node:fs";

/** What the kernel says of a process: `VmHWM`, `PPid`, …; nothing once it is gone. */
function statusOf(pid: string): Map<string, string> {
  try {
    const lines = readFileSync(`/proc/${pid}/status`, "utf8").split("\n");
    return new Map(lines.map((line) => line.split(":\t") as [string, string]));
  } catch {
    return new Map();
  }
}

/** Runs the work, and tells what it gave and the most MiB that one of the processes which we started for it occupied (Linux). */
export async function withPeak<Done>(work: () => Promise<Done>): Promise<{ done: Done; peak: number }> {
  let peak = 0;
  const look = (): void => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const status = statusOf(pid);
      if (status.get("PPid")?.trim() !== String(process.pid)) continue;
      peak = Math.max(peak, Number.parseInt(status.get("VmHWM") ?? "0", 10) / 1024);
    }
  };
  const scale = setInterval(look, 5);
  try {
    const done = await work();
    return { done, peak: Math.round(peak) };
  } finally {
    clearInterval(scale);
  }
}
