import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { surroundings } from "./command_line.ts";

/** A command that was started and goes on while a test looks at it. */
export interface RunningCommand {
  readonly child: ChildProcess;
  /** All it printed so far, on either stream. */
  readonly output: () => string;
  /** Resolves when it has printed this; rejects if it ends before. */
  printed(text: string): Promise<void>;
  /** Resolves with its exit status, or with the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals>;
}

/** Starts a program with these settings and no others. */
export function startCommand(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): RunningCommand {
  const child = spawn(program, args, {
    cwd,
    env: { ...surroundings(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  return {
    child,
    output: () => output,
    printed: (text) =>
      new Promise((done, fail) => {
        const look = (): void => {
          if (output.includes(text)) done();
        };
        child.stdout.on("data", look);
        child.stderr.on("data", look);
        void closed.then(() => fail(new Error(`it ended without saying "${text}":\n${output}`)));
        look();
      }),
    async ended() {
      const [code, signal] = await closed;
      return code ?? signal!;
    },
  };
}

/** The processes that work in this folder or below it, by name. Linux only, as /proc is. */
export function processesBelow(folder: string): string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && pid !== String(process.pid))
    .flatMap((pid) => {
      try {
        const place = readlinkSync(`/proc/${pid}/cwd`);
        return place.startsWith(folder) ? [readFileSync(`/proc/${pid}/comm`, "utf8").trim()] : [];
      } catch {
        return []; // gone in the meantime
      }
    });
}

export function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => done(port));
    });
  });
}
