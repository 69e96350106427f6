// Ours: the server as `rowhouse start` runs it in production, without the background jobs.
import { readConfig } from "../../../src/config.ts";
import { connections } from "../../../src/database/credentials.ts";
import { startServer } from "../../../src/http/server.ts";
import { createLog } from "../../../src/log.ts";
import { answerParent } from "../child.ts";
import type { Started } from "./settings.ts";

answerParent(async (): Promise<Started> => {
  const config = readConfig();
  const { url } = await startServer({
    config,
    connections: connections(config, config.database.url!),
    log: createLog(config),
  });
  return { url };
});
