import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { forgetPostgresEnvironment } from "../config.ts";
import { developmentSecrets } from "../secrets.ts";
import { tryAddress } from "../try_address.ts";
import { readIfThere, replaceFile } from "../whole_file.ts";
import { keeperOf, stopOrphans } from "./orphans.ts";
import { type OwnProcess, ownProcesses } from "./own_processes.ts";
import {
  type Binaries,
  canEnter,
  EmbeddedUnavailable,
  findBinaries,
  type RunAs,
  SYSTEM_STATE,
} from "./postgres_binaries.ts";
import { lockStateDir, StateDirInUse, stateDirHolder } from "./state_lock.ts";

/** What happens to the embedded server, for a log: a sentence, and whether somebody should look at it. */
export interface EmbeddedEvent {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
}

export interface EmbeddedOptions {
  /** Holds `postgres/`, `postgres.log`, `secrets.json`, the port and the lock. */
  readonly stateDir: string;
  /** False: no fsync, for databases that nobody will miss (tests). Default true. */
  readonly durable?: boolean;
  /** How many connections will be wanted of it; it allows 200 at least, and some for tools. */
  readonly connections?: number;
  readonly onEvent?: (event: EmbeddedEvent) => void;
}

export interface Embedded {
  /** The superuser's connection to the database `postgres`, over 127.0.0.1. */
  readonly adminUrl: string;
  readonly port: number;
  /** The server process; another after a crash. */
  readonly pid: number;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
}

const SUPERUSER = "postgres";
/** Milliseconds for a start, recovery from a crash included. */
const START_PATIENCE = 120_000;
const STOP_PATIENCE = 30_000;

/**
 * Starts PostgreSQL 18 from npm under the state folder, on the port of 127.0.0.1 that it had before (at first a
 * free one), and keeps it running: if the server process dies it is started again on the same port.
 *
 * Data stays between starts. Server processes left behind by a killed Rowhouse are stopped first. What the shell's
 * environment says to PostgreSQL's clients is forgotten.
 *
 * @throws {StateDirInUse} if another process uses the folder
 * @throws {EmbeddedUnavailable} if PostgreSQL cannot run here
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  forgetPostgresEnvironment();
  const stateDir = resolve(options.stateDir);
  const report = options.onEvent ?? (() => {});
  const binaries = findBinaries();
  mkdirSync(stateDir, { recursive: true });
  // The server's own user has to pass through to its data; secrets have modes of their own.
  if (binaries.runAs) chmodSync(stateDir, 0o711);

  const lock = lockStateDir(stateDir);
  const maker = new ClusterMaker();
  let server: Supervisor | null = null;
  // Whatever ends this process, short of kill -9, takes the server along.
  const lastWords = (): void => {
    maker.abandon();
    server?.abandon();
    lock.release();
  };
  const own: OwnProcess = {
    async stop() {
      await maker.stop();
      await server?.stop();
    },
  };
  const letGo = (): void => {
    ownProcesses.delete(own);
    process.removeListener("exit", lastWords);
    lock.release();
  };
  process.once("exit", lastWords);
  ownProcesses.add(own);
  try {
    const password = developmentSecrets(stateDir).databasePassword;
    const dataDir = await maker.prepare(stateDir, binaries, password, options.durable ?? true, report);
    // The lock is ours, and yet somebody keeps a server there: theirs was lost or damaged.
    const keeper = keeperOf(dataDir);
    if (keeper !== null && keeper !== process.pid) throw new StateDirInUse(keeper, stateDir);
    const orphans = await stopOrphans(dataDir);
    if (orphans.length > 0) {
      report({ level: "warn", message: `stopped a PostgreSQL left behind (pid ${orphans.join(", ")})` });
    }
    const running = new Supervisor({ ...options, stateDir, dataDir, binaries, password, report });
    server = running;
    await running.start();
    lock.publish(running.port);
    return {
      adminUrl: running.adminUrl,
      port: running.port,
      get pid() {
        return running.pid;
      },
      async stop() {
        await running.stop();
        letGo();
      },
    };
  } catch (error) {
    letGo();
    throw error;
  }
}

/** The superuser's connection to the server that another process runs on this folder, or null. */
export function runningEmbedded(stateDir: string): string | null {
  forgetPostgresEnvironment();
  const holder = stateDirHolder(stateDir);
  if (!holder?.port) return null;
  return superuserUrl(holder.port, developmentSecrets(stateDir).databasePassword);
}

function superuserUrl(port: number, password: string): string {
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
}

/** Where a new data folder goes: the state folder, or where the server's user can enter if it cannot enter that. */
export function makeDataHome(stateDir: string, runAs: RunAs | undefined): string {
  if (!runAs || canEnter(stateDir, runAs)) return stateDir;
  const home = mkdtempSync(join(SYSTEM_STATE, "rowhouse-data-"));
  chmodSync(home, 0o711);
  return home;
}

/** The data folder, made at the first start: whole or not at all, and only while this process lives. */
class ClusterMaker {
  #initdb: ChildProcess | null = null;
  #stopped = false;

  /** Returns the real path of the data folder. */
  async prepare(
    stateDir: string,
    { initdb, runAs }: Binaries,
    password: string,
    durable: boolean,
    report: (event: EmbeddedEvent) => void,
  ): Promise<string> {
    const dataDir = join(stateDir, "postgres");
    if (existsSync(join(dataDir, "PG_VERSION"))) return realpathSync(dataDir);

    const home = makeDataHome(stateDir, runAs);
    if (home !== stateDir) {
      report({
        level: "warn",
        message: `only root may enter ${stateDir}, so PostgreSQL keeps its data in ${home}`,
      });
    }
    const draft = join(home, "postgres.new");
    const passwordFile = join(home, "password.new");
    try {
      rmSync(draft, { recursive: true, force: true });
      mkdirSync(draft, { mode: 0o700 });
      rmSync(passwordFile, { force: true });
      writeFileSync(passwordFile, password, { mode: 0o600 });
      if (runAs) {
        chownSync(draft, runAs.uid, runAs.gid);
        chownSync(passwordFile, runAs.uid, runAs.gid);
      }
      // The built-in locale sorts alike on every machine and in every version of its C library.
      await this.#run(initdb, { ...runAs, cwd: home }, [
        `--pgdata=${draft}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        ...(durable ? [] : ["--no-sync"]),
      ]);
      renameSync(draft, join(home, "postgres"));
      if (home !== stateDir) {
        // A link to a folder that is gone would be in the way.
        rmSync(dataDir, { force: true });
        symlinkSync(join(home, "postgres"), dataDir);
      }
    } catch (error) {
      rmSync(home === stateDir ? draft : home, { recursive: true, force: true });
      throw error;
    } finally {
      rmSync(passwordFile, { force: true });
    }
    report({ level: "info", message: `made a new database cluster in ${dataDir}` });
    return realpathSync(dataDir);
  }

  async #run(initdb: string, options: { cwd: string }, args: string[]): Promise<void> {
    // A process group of its own, to end with the servers that it starts.
    const child = spawn(initdb, args, {
      ...options,
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: serverEnvironment,
    });
    this.#initdb = child;
    const ended = new Promise<string | null>((done) => {
      child.once("error", (error) => done(error.message));
      child.once("close", (code) => done(code === 0 ? null : ""));
    });
    const [problem, complaints] = await Promise.all([ended, text(child.stderr!)]);
    this.#initdb = null;
    if (this.#stopped) throw new EmbeddedUnavailable("PostgreSQL was told to stop before its first start");
    if (problem !== null) throw new EmbeddedUnavailable(`initdb failed: ${problem || complaints.trim()}`);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#initdb;
    if (!child || hasEnded(child)) return;
    const gone = new Promise((done) => child.once("close", done));
    this.abandon();
    await gone;
  }

  /** What initdb has made so far is of no use to anybody, so there is nothing to be polite about. */
  abandon(): void {
    const pid = this.#initdb?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Nothing of our own environment reaches the server: PGDATA and the like would change what it does. */
const serverEnvironment = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

interface SupervisorOptions extends EmbeddedOptions {
  readonly dataDir: string;
  readonly binaries: Binaries;
  readonly password: string;
  readonly report: (event: EmbeddedEvent) => void;
}

/** One server process after another, on one port. */
class Supervisor {
  port = 0;
  #options: SupervisorOptions;
  #child: ChildProcess | null = null;
  #stopping = false;
  #restart: Promise<void> | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get adminUrl(): string {
    return superuserUrl(this.port, this.#options.password);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { stateDir, report } = this.#options;
    const usual = rememberedPort(stateDir);
    // Somebody may take the free port between our finding and our using it: then another one.
    for (let attempt = 1; ; attempt++) {
      this.port = attempt === 1 && usual !== null && (await isFree(usual)) ? usual : await freePort();
      try {
        await this.#launch();
        break;
      } catch (error) {
        if (attempt === 3 || this.#stopping) throw error;
      }
    }
    if (usual === null) rememberPort(stateDir, this.port);
    else if (usual !== this.port) {
      report({
        level: "warn",
        message: `somebody else listens on port ${usual}, where PostgreSQL was before: it is on ${this.port} this time`,
      });
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#restart;
    const child = this.#child;
    if (!child || hasEnded(child)) return;
    child.kill("SIGINT");
    const gone = new Promise((done) => child.once("exit", done));
    const impatient = setTimeout(() => child.kill("SIGQUIT"), STOP_PATIENCE);
    await gone;
    clearTimeout(impatient);
  }

  /** For a process that is about to exit and cannot wait. */
  abandon(): void {
    this.#stopping = true;
    this.#child?.kill("SIGINT");
  }

  /** Starts the server and waits until it answers. */
  async #launch(): Promise<void> {
    if (this.#stopping) throw new EmbeddedUnavailable("PostgreSQL was told to stop");
    const { binaries, dataDir, stateDir, durable = true, connections = 0 } = this.#options;
    const log = openSync(join(stateDir, "postgres.log"), "a", 0o600);
    // Its own process group: Ctrl-C is for us, and we stop the server when requests have finished.
    const child = spawn(binaries.postgres, serverArguments(dataDir, this.port, durable, connections), {
      ...binaries.runAs,
      cwd: dataDir,
      detached: true,
      stdio: ["ignore", log, log],
      env: serverEnvironment,
    });
    closeSync(log);
    this.#child = child;
    const failed = new Promise<Error>((tell) => {
      child.once("error", tell);
      child.once("exit", (code, signal) =>
        tell(new Error(`PostgreSQL exited (${signal ?? `code ${code}`})`)),
      );
    });
    const failure = await Promise.race([failed, this.#answers()]);
    if (failure) {
      child.kill("SIGQUIT");
      throw new EmbeddedUnavailable(`${failure.message}; the end of its log:\n${logTail(stateDir)}`);
    }
    child.once("exit", (code, signal) => this.#died(signal ?? `code ${code}`));
    // Between the answer and the line above it may have died already.
    if (hasEnded(child)) this.#died(child.signalCode ?? `code ${child.exitCode}`);
  }

  #died(how: string): void {
    if (this.#stopping || this.#restart) return;
    this.#options.report({ level: "error", message: `PostgreSQL died (${how}); starting it again` });
    this.#restart = this.#revive().finally(() => {
      this.#restart = null;
    });
  }

  /** Starts it again, forever, with pauses from 0.1 to 5 seconds. */
  async #revive(): Promise<void> {
    const { dataDir, report } = this.#options;
    for (let pause = 100; !this.#stopping; pause = Math.min(pause * 2, 5_000)) {
      try {
        await stopOrphans(dataDir);
        await this.#launch();
        report({ level: "warn", message: `PostgreSQL is back on port ${this.port} (pid ${this.pid})` });
        return;
      } catch (error) {
        report({ level: "error", message: `PostgreSQL did not start: ${(error as Error).message}` });
        await delay(pause);
      }
    }
  }

  /** Resolves with null when the server answers, with an error when it has not in time. */
  async #answers(): Promise<Error | null> {
    const child = this.#child;
    let reason = "";
    for (const deadline = Date.now() + START_PATIENCE; Date.now() < deadline; await delay(50)) {
      if (child && hasEnded(child)) return new Error("PostgreSQL exited");
      const client = new pg.Client({ connectionString: this.adminUrl });
      // A server that dies under this connection is noticed by its exit.
      client.on("error", () => {});
      try {
        await client.connect();
        const found = await client.query<{ data_directory: string }>("show data_directory");
        await client.end();
        if (found.rows[0]?.data_directory === this.#options.dataDir) return null;
        return new Error(`another server answers on port ${this.port}`);
      } catch (error) {
        reason = (error as Error).message;
      }
    }
    return new Error(`PostgreSQL did not answer within ${START_PATIENCE / 1000} s (${reason})`);
  }
}

/** Connections for psql, backups and the like, beside those that are wanted. */
const SPARE_CONNECTIONS = 50;

function serverArguments(dataDir: string, port: number, durable: boolean, connections: number): string[] {
  const settings: Record<string, string | number> = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    timezone: "UTC",
    log_timezone: "UTC",
    max_connections: Math.max(200, connections + SPARE_CONNECTIONS),
    // Statements in the log would carry what people wrote.
    log_min_error_statement: "panic",
    ...(durable
      ? {}
      : { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_wal_size: "4GB" }),
  };
  return ["-D", dataDir, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function logTail(stateDir: string): string {
  return readFileSync(join(stateDir, "postgres.log"), "utf8").trimEnd().split("\n").slice(-5).join("\n");
}

/** Where the port is kept from one start to the next: clients, bookmarks and psql profiles name it. */
const portPath = (stateDir: string): string => join(stateDir, "postgres.port");

function rememberedPort(stateDir: string): number | null {
  // A file that does not hold a port is as good as none; it is written anew.
  const [, digits] = /^(\d{4,5})\n$/.exec(readIfThere(portPath(stateDir)) ?? "") ?? [];
  return digits !== undefined && Number(digits) >= 1024 && Number(digits) <= 65535 ? Number(digits) : null;
}

function rememberPort(stateDir: string, port: number): void {
  replaceFile(portPath(stateDir), `${port}\n`);
}

/**
 * A port that nobody uses, below those from which operating systems take the near end of outgoing connections: one
 * of these would sooner or later be taken at a later start.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  tryAddress({ host: "127.0.0.1", port }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") return false;
      throw error;
    },
  );
