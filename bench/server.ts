import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { listenForSignals } from "../src/commands/signals.ts";
import { asDatabase, type Connections, connectionsTo, derivePasswords } from "../src/database/credentials.ts";
import { startEmbedded } from "../src/database/embedded.ts";
import { migrate } from "../src/database/migrate.ts";

/** The master key of what is benched: 32 bytes, from which the passwords of the login roles come. */
export const BENCH_KEY = Buffer.from("a key that is only used to bench");

/** A server of the benchmark's own, migrated and empty. */
export interface BenchServer {
  readonly admin: pg.Pool;
  readonly app: pg.Pool;
  readonly auth: pg.Pool;
  /** The superuser's connection to the migrated database. */
  readonly adminUrl: string;
  readonly connections: Connections;
  /** The server process; its children are the backends. */
  readonly pid: number;
  /** The temporary folder, for what else has to go at the end. */
  readonly folder: string;
}

// A server is in a process group of its own: without this Ctrl-C would leave it running.
listenForSignals();

/**
 * Starts PostgreSQL in a temporary folder, does the work, and leaves nothing behind, also when it is interrupted.
 *
 * @param options `durable: false` does not wait for the disk: for figures in which it plays no part
 */
export async function withServer(
  work: (server: BenchServer) => Promise<void>,
  options: { durable: boolean } = { durable: true },
): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), "rowhouse-bench-"));
  const remove = (): void => rmSync(stateDir, { recursive: true, force: true });
  process.once("exit", remove);
  const server = await startEmbedded({ stateDir, durable: options.durable });
  const pools: pg.Pool[] = [];
  const pool = (connectionString: string): pg.Pool => {
    const made = new pg.Pool({ connectionString, max: 8 });
    // A pool has ended before its connections have; some hear of the server's end instead.
    made.on("error", () => {});
    made.on("connect", (client) => client.on("error", () => {}));
    pools.push(made);
    return made;
  };
  try {
    const adminUrl = asDatabase(server.adminUrl, "rowhouse");
    const passwords = derivePasswords(BENCH_KEY);
    await migrate({ adminUrl, passwords, current: true });
    const connections = connectionsTo(adminUrl, passwords);
    await work({
      admin: pool(adminUrl),
      app: pool(connections.app),
      auth: pool(connections.auth),
      adminUrl,
      connections,
      pid: server.pid,
      folder: stateDir,
    });
  } finally {
    await Promise.all(pools.map((one) => one.end()));
    await server.stop();
    remove();
    process.removeListener("exit", remove);
  }
}
