import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { asDatabase, derivePasswords } from "../../src/database/credentials.ts";
import { startEmbedded } from "../../src/database/embedded.ts";
import { migrate } from "../../src/database/migrate.ts";
import { stopOrphans } from "../../src/database/orphans.ts";
import { stateDirHolder } from "../../src/database/state_lock.ts";
import { TEMPLATE, testMasterKey } from "./database.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The superuser's connection to the run's server. */
    adminUrl: string;
  }
}

const PREFIX = "rowhouse-test-";

/** One server for the whole run, with a migrated template that each test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweep();
  const stateDir = mkdtempSync(join(tmpdir(), PREFIX));
  const server = await startEmbedded({
    stateDir,
    durable: false,
    onEvent: ({ level, message }) => {
      if (level !== "info") console.error(message);
    },
  });
  try {
    await migrate({
      adminUrl: asDatabase(server.adminUrl, TEMPLATE),
      passwords: derivePasswords(testMasterKey),
      current: true,
    });
  } catch (error) {
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
    throw error;
  }
  project.provide("adminUrl", server.adminUrl);
  return async () => {
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  };
}

/** Removes what earlier runs left behind that were killed. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const stateDir = join(tmpdir(), name);
    if (!name.startsWith(PREFIX) || stateDirHolder(stateDir)) continue;
    await stopOrphans(join(realpathSync(stateDir), "postgres"));
    rmSync(stateDir, { recursive: true, force: true });
  }
}
