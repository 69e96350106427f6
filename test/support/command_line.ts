import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../src/database/migrations.ts";

/** How a command ended, and what it said where. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A folder that every user may pass through, so that the database's data stays in it. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rowhouse-test-"));
  chmodSync(folder, 0o711);
  return folder;
}

/** What any program is told beside its own settings: where programs are, and what Node compiled of ours before. */
export const surroundings = (): Record<string, string | undefined> => ({
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
});

/** Runs `rowhouse` in a folder of the test's own, so that no .env is found, with these settings and no others. */
export function rowhouse(
  args: readonly string[],
  cwd: string,
  settings: Record<string, string> = {},
): Promise<Outcome> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(projectRoot, "src", "cli.ts"), ...args], {
      cwd,
      env: { ...surroundings(), ...settings },
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
