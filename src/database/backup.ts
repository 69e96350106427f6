import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import pg from "pg";
import { environmentWith } from "../config.ts";
import { readIfThere, replaceFile } from "../whole_file.ts";
import { clientEnvironment } from "./client_programs.ts";
import { asDatabase } from "./credentials.ts";
import { makeDataHome } from "./embedded.ts";
import { stopOrphans } from "./orphans.ts";
import { ownProcesses } from "./own_processes.ts";
import { findBinaries, majorVersion } from "./postgres_binaries.ts";
import { lockStateDir } from "./state_lock.ts";

/** What a backup is, written beside it. */
export interface Manifest {
  readonly format: 1;
  /** `dump`: pg_dump's custom format. `cold`: the embedded server's data folder, copied while it was stopped. */
  readonly kind: "dump" | "cold";
  readonly made: string;
  /** Major version of PostgreSQL. */
  readonly postgresql: number;
  /** Folders, also empty ones, in the order to make them. */
  readonly folders: readonly string[];
  readonly files: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
}

/** A backup that cannot be made or restored; the message says why and that nothing was changed. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

/** Told how far it is, in files. */
export type Progress = (done: number, total: number, what: string) => void;

const MANIFEST = "manifest.json";
const DUMP = "database.dump";
/** What a running server writes down about itself. */
const OF_A_RUN = new Set(["postmaster.pid", "postmaster.opts"]);

/**
 * Makes a backup in a folder that does not exist yet: whole or not at all.
 *
 * @param fill writes into a draft of the folder, which gets its name when the manifest is in it
 * @throws {BackupError} if there is something with this name
 */
async function drafted(
  target: string,
  fill: (draft: string) => Promise<Omit<Manifest, "files" | "folders">>,
) {
  const folder = resolve(target);
  if (existsSync(folder)) throw new BackupError(`${target} is there already; a backup overwrites nothing`);
  mkdirSync(dirname(folder), { recursive: true });
  const draft = `${folder}.${process.pid}.new`;
  mkdirSync(draft, { mode: 0o700 });
  const discard = (): void => rmSync(draft, { recursive: true, force: true });
  // Also when it is interrupted.
  process.once("exit", discard);
  try {
    const about = await fill(draft);
    const { folders, files } = contentsOf(draft);
    const manifest: Manifest = {
      ...about,
      folders,
      files: files.map((path) => ({ path, ...summary(join(draft, path)) })),
    };
    replaceFile(join(draft, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`, 0o600);
    syncFolder(draft);
    renameSync(draft, folder);
  } finally {
    discard();
    process.removeListener("exit", discard);
  }
}

/** Copies the embedded server's data while nobody runs it, and the secrets without which it cannot be opened. */
export async function backUpCold(stateDir: string, target: string, progress: Progress): Promise<void> {
  const link = join(stateDir, "postgres");
  if (!existsSync(link)) throw new BackupError(`there is no embedded database in ${stateDir}`);
  const lock = lockStateDir(stateDir);
  try {
    const dataDir = realpathSync(link);
    await stopOrphans(dataDir);
    if (readdirSync(join(dataDir, "pg_tblspc")).length > 0) {
      throw new BackupError("this database has tablespaces elsewhere, which a copy of its folder leaves out");
    }
    const postgresql = Number(readFileSync(join(dataDir, "PG_VERSION"), "utf8"));
    await drafted(target, async (draft) => {
      copyFolder(dataDir, join(draft, "postgres"), progress);
      copyFile(join(stateDir, "secrets.json"), join(draft, "secrets.json"), 0o600);
      return { format: 1, kind: "cold", made: new Date().toISOString(), postgresql };
    });
  } finally {
    lock.release();
  }
}

/** Dumps a database with pg_dump, and with it the embedded server's secrets where they are its. */
export async function backUpDump(
  url: string,
  postgresql: number,
  target: string,
  stateDir: string | null,
): Promise<void> {
  await drafted(target, async (draft) => {
    await runProgram("pg_dump", ["--format=custom", `--file=${join(draft, DUMP)}`], url);
    if (stateDir) copyFile(join(stateDir, "secrets.json"), join(draft, "secrets.json"), 0o600);
    return { format: 1, kind: "dump", made: new Date().toISOString(), postgresql };
  });
}

/**
 * Reads a backup's manifest.
 *
 * @throws {BackupError} if the folder is no backup
 */
export function readManifest(source: string): Manifest {
  const text = readIfThere(join(source, MANIFEST));
  if (text === null) throw new BackupError(`${source} is no backup: it has no ${MANIFEST}`);
  try {
    const manifest = JSON.parse(text) as Manifest;
    if (manifest.format === 1 && Array.isArray(manifest.files)) return manifest;
  } catch {
    // Said below, as for one that is whole but not ours.
  }
  throw new BackupError(`${join(source, MANIFEST)} is damaged, or of a later version of Rowhouse`);
}

/**
 * Makes the embedded server's data what it is in a backup. What was there is put aside, never removed.
 *
 * @returns where the data went that was there before, or null if there was none
 * @throws {BackupError} before anything was changed: something is there and `replace` was not said, a file of the
 *   backup is missing or damaged, the version of PostgreSQL is another
 */
export async function restoreCold(
  source: string,
  stateDir: string,
  { replace, progress }: { replace: boolean; progress: Progress },
): Promise<string | null> {
  const manifest = readManifest(source);
  const binaries = findBinaries();
  const major = majorVersion(binaries);
  if (major !== manifest.postgresql) {
    throw new BackupError(
      `the backup is of PostgreSQL ${manifest.postgresql}, and the embedded server is ${major}`,
    );
  }
  mkdirSync(stateDir, { recursive: true });
  if (binaries.runAs) chmodSync(stateDir, 0o711);
  const lock = lockStateDir(stateDir);
  try {
    const data = join(stateDir, "postgres");
    const secrets = join(stateDir, "secrets.json");
    const occupied = existsSync(data);
    if (occupied && !replace) {
      throw new BackupError(`there is a database in ${stateDir} already; --replace puts it aside`);
    }
    if (occupied) await stopOrphans(realpathSync(data));

    const home = makeDataHome(stateDir, binaries.runAs);
    const draft = join(home, "postgres.restored");
    const discard = (): void => rmSync(home === stateDir ? draft : home, { recursive: true, force: true });
    process.once("exit", discard);
    try {
      rmSync(draft, { recursive: true, force: true });
      mkdirSync(draft, { mode: 0o700 });
      const own = (path: string): void => {
        if (binaries.runAs) chownSync(path, binaries.runAs.uid, binaries.runAs.gid);
      };
      own(draft);
      const within = (path: string): string | null =>
        path.startsWith("postgres/") ? join(draft, path.slice("postgres/".length)) : null;
      for (const folder of manifest.folders) {
        const path = within(folder);
        if (path === null) continue;
        mkdirSync(path, { mode: 0o700 });
        own(path);
      }
      manifest.files.forEach((file, index) => {
        progress(index + 1, manifest.files.length, file.path);
        const path = within(file.path);
        const from = join(source, file.path);
        if (!existsSync(from)) throw new BackupError(`the backup lacks ${file.path}; nothing was changed`);
        const found = path === null ? summary(from) : copyFile(from, path, 0o600);
        if (found.sha256 !== file.sha256) {
          throw new BackupError(`${file.path} in the backup is damaged; nothing was changed`);
        }
        if (path !== null) own(path);
      });

      syncFolder(draft);

      const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
      const aside = occupied ? `${data}.before-${stamp}` : null;
      if (aside !== null) renameSync(data, aside);
      if (existsSync(secrets)) renameSync(secrets, `${secrets}.before-${stamp}`);
      replaceFile(secrets, readFileSync(join(source, "secrets.json"), "utf8"), 0o600);
      const place = join(home, "postgres");
      renameSync(draft, place);
      if (home !== stateDir) symlinkSync(place, data);
      return aside;
    } catch (error) {
      discard();
      throw error;
    } finally {
      process.removeListener("exit", discard);
    }
  } finally {
    lock.release();
  }
}

/**
 * Restores a dump as the database that the URL names: into a new one beside it, which takes its name when it is whole.
 * One that was there keeps its rows under another name.
 *
 * @returns the name of the database that was there before, or null
 * @throws {BackupError} before anything was changed: there is one already and `replace` was not said, somebody is
 *   connected to it, the dump is damaged
 */
export async function restoreDump(source: string, url: string, replace: boolean): Promise<string | null> {
  const manifest = readManifest(source);
  const [file] = manifest.files.filter(({ path }) => path === DUMP);
  if (!file || !existsSync(join(source, DUMP)) || summary(join(source, DUMP)).sha256 !== file.sha256) {
    throw new BackupError(`${DUMP} in the backup is missing or damaged; nothing was changed`);
  }
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const admin = new pg.Client({
    connectionString: asDatabase(url, name === "postgres" ? "template1" : "postgres"),
  });
  await admin.connect();
  const stamp = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const draft = `${name}_restored_${stamp}`;
  try {
    const occupied = await isThere(admin, name);
    if (occupied && !replace)
      throw new BackupError(`there is a database ${name} already; --replace puts it aside`);
    if (occupied) await requireAlone(admin, name);
    await admin.query(`create database ${pg.escapeIdentifier(draft)} encoding 'UTF8' template template0`);
    try {
      await runProgram(
        "pg_restore",
        ["--exit-on-error", `--dbname=${draft}`, join(source, DUMP)],
        asDatabase(url, draft),
      );
      const before = `${name}_before_${stamp}`;
      // Both names change in one transaction: nobody ever finds none, or half of one.
      await admin.query("begin");
      if (occupied) {
        await admin.query(
          `alter database ${pg.escapeIdentifier(name)} rename to ${pg.escapeIdentifier(before)}`,
        );
      }
      await admin.query(
        `alter database ${pg.escapeIdentifier(draft)} rename to ${pg.escapeIdentifier(name)}`,
      );
      await admin.query("commit");
      return occupied ? before : null;
    } catch (error) {
      await admin.query("rollback");
      await admin.query(`drop database if exists ${pg.escapeIdentifier(draft)} with (force)`);
      throw error;
    }
  } finally {
    await admin.end();
  }
}

async function isThere(admin: pg.Client, name: string): Promise<boolean> {
  return (await admin.query("select from pg_database where datname = $1", [name])).rowCount !== 0;
}

async function requireAlone(admin: pg.Client, name: string): Promise<void> {
  const { rows } = await admin.query<{ who: string }>(
    `select distinct coalesce(nullif(application_name, ''), usename) as who from pg_stat_activity where datname = $1`,
    [name],
  );
  if (rows.length === 0) return;
  throw new BackupError(
    `${rows.map(({ who }) => who).join(", ")} is connected to ${name}; stop Rowhouse before its database is put aside`,
  );
}

/** Runs one of PostgreSQL's programs to its end; what it complains of is the error. */
async function runProgram(program: "pg_dump" | "pg_restore", args: string[], url: string): Promise<void> {
  const child = spawn(program, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: environmentWith(clientEnvironment(url)),
  });
  const own = { stop: async () => void child.kill("SIGTERM") };
  ownProcesses.add(own);
  try {
    const ended = new Promise<number | null>((done, failed) => {
      child.once("error", failed);
      child.once("close", done);
    });
    const [code, complaints] = await Promise.all([ended, text(child.stderr)]);
    if (code !== 0) throw new BackupError(`${program} failed: ${complaints.trim()}`);
  } finally {
    ownProcesses.delete(own);
  }
}

function copyFolder(from: string, to: string, progress: Progress): void {
  const { folders, files } = contentsOf(from);
  mkdirSync(to, { mode: 0o700 });
  for (const folder of folders) mkdirSync(join(to, folder), { mode: 0o700 });
  const wanted = files.filter((path) => !OF_A_RUN.has(path));
  wanted.forEach((path, index) => {
    copyFile(join(from, path), join(to, path), 0o600);
    progress(index + 1, wanted.length, basename(path));
  });
}

function contentsOf(root: string): { folders: string[]; files: string[] } {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
  const isFolder = (name: string): boolean => statSync(join(root, name)).isDirectory();
  return { folders: names.filter(isFolder), files: names.filter((name) => !isFolder(name)) };
}

/** Brings a folder with all that is in it onto the disk: at the end, which is many times faster than file by file. */
function syncFolder(root: string): void {
  const { folders, files } = contentsOf(root);
  for (const name of [...files, ...folders, "."]) {
    const opened = openSync(join(root, name), "r");
    try {
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
  }
}

/** Copies to a new file; tells what it copied. */
function copyFile(from: string, to: string, mode: number): { size: number; sha256: string } {
  const target = openSync(to, "wx", mode);
  try {
    return read(from, (chunk) => writeSync(target, chunk));
  } finally {
    closeSync(target);
  }
}

const summary = (path: string): { size: number; sha256: string } => read(path, () => {});

function read(path: string, use: (chunk: Buffer) => void): { size: number; sha256: string } {
  const source = openSync(path, "r");
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(1 << 20);
  let size = 0;
  try {
    for (let length = readSync(source, buffer); length > 0; length = readSync(source, buffer)) {
      const chunk = buffer.subarray(0, length);
      hash.update(chunk);
      use(chunk);
      size += length;
    }
  } finally {
    closeSync(source);
  }
  return { size, sha256: hash.digest("hex") };
}
