import { rmSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../src/database/migrations.ts";
import { makeFolder } from "./command_line.ts";
import { commandSettings, type TestDatabase } from "./database.ts";
import { freePort, type RunningCommand, startCommand } from "./running_command.ts";
import { clientOf, type TestClient } from "./server.ts";

/** `rowhouse start` as a process of its own, which a test may kill. */
export interface ServingCommand extends TestClient {
  readonly url: string;
  readonly command: RunningCommand;
  /** Kills it if it is still there, and removes its folder. */
  discard(): Promise<void>;
}

/** Starts it, without jobs, on the test's database. @param env settings beyond those of a test */
export async function startServing(
  database: Pick<TestDatabase, "adminUrl">,
  env: Readonly<Record<string, string>> = {},
): Promise<ServingCommand> {
  const folder = makeFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const command = startCommand(process.execPath, [join(projectRoot, "src", "cli.ts"), "start"], {
    cwd: folder,
    env: { ...commandSettings(database), PORT: String(port), WORKER: "off", LOG_LEVEL: "info", ...env },
  });
  await command.printed('"msg":"listening"');
  return {
    ...clientOf(url),
    url,
    command,
    async discard() {
      command.child.kill("SIGKILL");
      await command.ended();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
