import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, statfsSync, statSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { readMigrations } from "../../src/database/application/migration_files.ts";
import { asDatabase, derivePasswords } from "../../src/database/credentials.ts";
import { startEmbedded } from "../../src/database/embedded.ts";
import { migrate } from "../../src/database/migrate.ts";
import { stopOrphans } from "../../src/database/orphans.ts";
import { stateDirHolder } from "../../src/database/state_lock.ts";
import { APPLICATION_TEMPLATE, TEMPLATE, testMasterKey } from "./database.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The superuser's connection to the run's server. */
    adminUrl: string;
  }
}

const PREFIX = "rowhouse-test-";
/** Linux' folder in memory. */
const MEMORY = "/dev/shm";
/** Bytes that a run's databases and their log may come to take. */
const WANTED = 8 * 2 ** 30;

/** In memory where there is plenty: a database is some 700 files, and cloning and dropping it costs a disk four times as much. */
function scratchFolder(): string {
  const { bavail, bsize } = existsSync(MEMORY) ? statfsSync(MEMORY) : { bavail: 0, bsize: 0 };
  return Math.min(bavail * bsize, freemem()) < WANTED ? tmpdir() : MEMORY;
}

/** One server for the whole run, with the migrated templates that test files clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const folder of new Set([tmpdir(), MEMORY])) if (existsSync(folder)) await sweep(folder);
  const stateDir = mkdtempSync(join(scratchFolder(), PREFIX));
  const discard = (): void => rmSync(stateDir, { recursive: true, force: true });
  // Ctrl-C ends the run without a teardown; the server stops itself on exit.
  process.once("exit", discard);
  const server = await startEmbedded({
    stateDir,
    durable: false,
    onEvent: ({ level, message }) => {
      if (level !== "info") console.error(message);
    },
  });
  try {
    const passwords = derivePasswords(testMasterKey);
    const ours = asDatabase(server.adminUrl, TEMPLATE);
    await migrate({ adminUrl: ours, passwords, current: true, application: null });
    await analyseCatalogue(ours);
    await cloneDatabase(server.adminUrl, TEMPLATE, APPLICATION_TEMPLATE);
    if (readMigrations().length > 0) {
      await migrate({
        adminUrl: asDatabase(server.adminUrl, APPLICATION_TEMPLATE),
        passwords,
        current: true,
      });
    }
  } catch (error) {
    await server.stop();
    discard();
    throw error;
  }
  project.provide("adminUrl", server.adminUrl);
  return async () => {
    await server.stop();
    discard();
  };
}

/** What PostgreSQL knows of its own catalogue is cloned along: autovacuum would see to it within a minute, in each clone anew. */
async function analyseCatalogue(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ tables: string }>(
      `select string_agg(oid::regclass::text, ', ') as tables from pg_class
       where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' and not relisshared`,
    );
    await client.query(`vacuum (analyze) ${rows[0]!.tables}`);
  } finally {
    await client.end();
  }
}

async function cloneDatabase(adminUrl: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`create database ${to} template ${from} strategy file_copy`);
  } finally {
    await client.end();
  }
}

/** Milliseconds after which a folder that nobody uses is taken for a killed run's, not for one just begun. */
const ABANDONED = 10 * 60_000;

/** Removes what earlier runs left behind that were killed. */
async function sweep(folder: string): Promise<void> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || !entry.name.startsWith(PREFIX)) continue;
    const stateDir = join(folder, entry.name);
    if (stateDirHolder(stateDir)) continue;
    const found = statSync(stateDir, { throwIfNoEntry: false });
    // Gone already: another run that ends at this moment.
    if (!found || Date.now() - found.mtimeMs < ABANDONED) continue;
    const dataDir = join(stateDir, "postgres");
    if (existsSync(dataDir)) await stopOrphans(realpathSync(dataDir));
    rmSync(stateDir, { recursive: true, force: true });
  }
}
