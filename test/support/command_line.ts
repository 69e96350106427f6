import { spawn } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "../../src/database/migrations.ts";

/** How a command ended, and what it said where. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `rowhouse` in a folder of the test's own, so that no .env is found, with these settings and no others. */
export function rowhouse(
  args: readonly string[],
  cwd: string,
  settings: Record<string, string> = {},
): Promise<Outcome> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(projectRoot, "src", "cli.ts"), ...args], {
      cwd,
      env: { PATH: process.env.PATH, ...settings },
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.once("error", failed);
    child.once("close", (code) => done({ code, out, err }));
  });
}
