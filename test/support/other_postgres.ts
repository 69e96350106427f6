import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { findBinaries } from "../../src/database/postgres_binaries.ts";

/** Where a distribution keeps versions side by side. */
const DEBIAN = "/usr/lib/postgresql";

/** A folder with the programs of a PostgreSQL that is not of our version; null where there is none. */
export function otherPostgres(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((one) => join(DEBIAN, one, "bin")) : [];
  const ours = majorOf(findBinaries().postgres);
  return (
    [...(process.env.PATH ?? "").split(":"), ...versions].find((folder) => {
      const postgres = join(folder, "postgres");
      if (!existsSync(postgres) || !existsSync(join(folder, "initdb"))) return false;
      const major = majorOf(postgres);
      return major !== null && major !== ours;
    }) ?? null
  );
}

function majorOf(postgres: string): string | null {
  const { stdout } = spawnSync(postgres, ["--version"], {
    encoding: "utf8",
    cwd: "/",
    ...findBinaries().runAs,
  });
  return /\(PostgreSQL\) (\d+)/.exec(stdout ?? "")?.[1] ?? null;
}

export interface OtherServer {
  readonly client: pg.Client;
  stop(): Promise<void>;
}

/** A server of its own with an empty database, reached by a socket in its folder. */
export async function startOther(programs: string): Promise<OtherServer> {
  const { runAs } = findBinaries();
  const folder = mkdtempSync(join(tmpdir(), "pg-"));
  if (runAs) chownSync(folder, runAs.uid, runAs.gid);
  const data = join(folder, "data");
  const made = spawnSync(
    join(programs, "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    { encoding: "utf8", cwd: "/", ...runAs },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const server: ChildProcess = spawn(
    join(programs, "postgres"),
    ["-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
    { cwd: "/", stdio: "ignore", ...runAs },
  );
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.kill("SIGINT")) await once(server, "exit");
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries += 1) {
    const client = new pg.Client({ host: folder, user: "postgres", database: "postgres" });
    try {
      await client.connect();
      return {
        client,
        stop: async () => {
          await client.end();
          await stop();
        },
      };
    } catch (error) {
      if (tries < 300 && server.exitCode === null) {
        await sleep(100);
        continue;
      }
      await stop();
      throw error;
    }
  }
}
