import type { JobContext } from "../../src/jobs/job.ts";
import { type TestDatabase, testMasterKey } from "./database.ts";
import { LIMITS } from "./files/reading.ts";

/** What a job gets from the worker: its own role's connections, and the tests' settings. */
export function jobContext({ worker }: Pick<TestDatabase, "worker">): JobContext {
  return {
    database: worker,
    config: {
      masterKey: testMasterKey,
      previousMasterKey: null,
      accessTokenAlgorithm: "EdDSA",
      documents: LIMITS,
      guests: { most: 10_000, idleDays: 30 },
      webhooks: { internal: true, ports: [443] },
    },
  };
}
