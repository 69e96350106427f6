import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { asDatabase, connectionsTo, derivePasswords } from "../src/database/credentials.ts";
import { startEmbedded } from "../src/database/embedded.ts";
import { migrate } from "../src/database/migrate.ts";

/** A server of the benchmark's own, migrated and empty. */
export interface BenchServer {
  readonly admin: pg.Pool;
  readonly app: pg.Pool;
}

/**
 * Starts PostgreSQL in a temporary folder, does the work, and leaves nothing behind.
 *
 * @param options `durable: false` does not wait for the disk: for figures in which it plays no part
 */
export async function withServer(
  work: (server: BenchServer) => Promise<void>,
  options: { durable: boolean } = { durable: true },
): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), "rowhouse-bench-"));
  const server = await startEmbedded({ stateDir, durable: options.durable });
  const pools: pg.Pool[] = [];
  const pool = (connectionString: string): pg.Pool => {
    const made = new pg.Pool({ connectionString, max: 8 });
    // A pool has ended before its connections have; some hear of the server's end instead.
    made.on("error", () => {});
    pools.push(made);
    return made;
  };
  try {
    const adminUrl = asDatabase(server.adminUrl, "rowhouse");
    const passwords = derivePasswords(Buffer.from("a key that is only used to bench"));
    await migrate({ adminUrl, passwords, current: true });
    await work({ admin: pool(adminUrl), app: pool(connectionsTo(adminUrl, passwords).app) });
  } finally {
    await Promise.all(pools.map((one) => one.end()));
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}
