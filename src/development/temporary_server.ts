import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { derivePasswords, type Passwords } from "../database/credentials.ts";
import { startEmbedded } from "../database/embedded.ts";

/** A server that exists while `work` runs. */
export interface TemporaryServer {
  /** The superuser's connection. */
  readonly adminUrl: string;
  /** Random; for `migrate`. */
  readonly passwords: Passwords;
}

/** Runs `work` with a PostgreSQL of its own that leaves nothing behind. */
export async function withTemporaryServer<T>(work: (server: TemporaryServer) => Promise<T>): Promise<T> {
  const stateDir = mkdtempSync(join(tmpdir(), "rowhouse-development-"));
  try {
    const server = await startEmbedded({ stateDir, durable: false });
    try {
      return await work({ adminUrl: server.adminUrl, passwords: derivePasswords(randomBytes(32)) });
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}
