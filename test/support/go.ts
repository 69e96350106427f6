import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../src/database/migrations.ts";

/** Where Debian's golang-golang-x-mod-dev puts Go's packages. */
const GOPATH = "/usr/share/gocode";

/** Whether there is a Go with the packages for signed notes and transparency logs. */
export const hasGo =
  existsSync(join(GOPATH, "src/golang.org/x/mod/sumdb/tlog")) && spawnSync("go", ["version"]).status === 0;

/** A program of examples/go, built once. */
export function buildGo(name: string): (...args: string[]) => { status: number | null; said: string } {
  const folder = mkdtempSync(join(tmpdir(), "rowhouse-go-"));
  const program = join(folder, name);
  const built = spawnSync("go", ["build", "-o", program, "."], {
    cwd: join(projectRoot, "examples/go", name),
    env: { ...process.env, GO111MODULE: "off", GOPATH, GOCACHE: join(folder, "cache"), GOFLAGS: "" },
    encoding: "utf8",
  });
  if (built.status !== 0) throw new Error(`go build: ${built.stderr}`);
  return (...args) => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
    return { status, said: stdout + stderr };
  };
}
