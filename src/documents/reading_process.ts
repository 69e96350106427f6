import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { projectRoot } from "../database/migrations.ts";
import type { ExtractionLimits } from "./extracted.ts";
import { ExtractionFailed } from "./file_refused.ts";

/** How a reading process ended. */
export interface Ended {
  readonly output: string;
  /** The beginning of what it said about itself. */
  readonly errors: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it had no time left. */
  readonly ranOut: boolean;
}

const MAIN = join(import.meta.dirname, "reading/main.ts");

/**
 * A process that may read our program and nothing else: it starts no other, writes no file, makes no code of texts and
 * gets no environment, in which secrets would be. Its heap is half of what it may occupy.
 */
function argumentsFor({ memory }: ExtractionLimits): string[] {
  return [
    "--permission",
    // For the watch. A thread has a permission model of its own, so this is one wall of several.
    "--allow-worker",
    "--disable-warning=PERM0006",
    ...["src/documents", "node_modules", "package.json"].map(
      (path) => `--allow-fs-read=${join(projectRoot, path)}`,
    ),
    "--disallow-code-generation-from-strings",
    `--max-old-space-size=${Math.ceil(memory / 2)}`,
    MAIN,
  ];
}

export function startReading(limits: ExtractionLimits): {
  readonly input: Writable;
  readonly ended: Promise<Ended>;
  kill(): void;
} {
  const child = spawn(process.execPath, argumentsFor(limits), { env: {}, stdio: "pipe", cwd: projectRoot });
  let ranOut = false;
  const kill = (): void => void child.kill("SIGKILL");
  const ended = new Promise<Ended>((resolve, reject) => {
    const clock = setTimeout(() => {
      ranOut = true;
      kill();
    }, limits.timeout);
    const output: Buffer[] = [];
    let errors = "";
    let left = longestAnswer(limits);
    child.stdout.on("data", (piece: Buffer) => {
      left -= piece.length;
      if (left < 0) kill();
      else output.push(piece);
    });
    child.stderr.setEncoding("utf8").on("data", (piece: string) => {
      if (errors.length < 2_000) errors += piece.slice(0, 2_000);
    });
    // A process that ends before it read everything says why by how it ends.
    child.stdin.on("error", () => {});
    child.once("error", (cause) => {
      clearTimeout(clock);
      reject(new ExtractionFailed("The process that reads files cannot be started.", { cause }));
    });
    child.once("close", (code, signal) => {
      clearTimeout(clock);
      resolve({ output: Buffer.concat(output).toString("utf8"), errors, code, signal, ranOut });
    });
  });
  return { input: child.stdin, ended, kill };
}

/** Bytes: a character of text may take six in JSON, and headings and chunks hardly more; what says more was taken over. */
function longestAnswer({ maxCharacters }: ExtractionLimits): number {
  return maxCharacters * 40 + 1_000_000;
}
