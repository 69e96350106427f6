import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Redis of one's own, which can be killed and started again at the same port. */
export interface TestRedis {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Stops it where it stands, and lets it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  close(): Promise<void>;
}

export async function startRedis(): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), "rowhouse-redis-"));
  const port = await freePort();
  let redis: ChildProcess;
  const made: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
      redis = spawn("redis-server", settings, { stdio: ["ignore", "pipe", "inherit"] });
      for await (const chunk of redis.stdout!) if (String(chunk).includes("Ready to accept")) break;
    },
    async kill() {
      if (redis.exitCode !== null || redis.signalCode !== null) return;
      const gone = once(redis, "exit");
      redis.kill("SIGKILL");
      await gone;
    },
    signal: (name) => void redis.kill(name),
    async close() {
      await made.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await made.start();
  return made;
}

/** A port at which nothing listens, for whoever has to say it before they listen. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}
