import { openProviders } from "../../src/chat/provider/providers.ts";
import type { JobConfig, JobContext } from "../../src/jobs/job.ts";
import { type TestDatabase, testMasterKey } from "./database.ts";
import { LIMITS } from "./files/reading.ts";

/** Nobody to ask; a test that has a provider brings its own. */
const reach = { internal: true, ports: [443] };

/** What a job gets from the worker: its own role's connections, and the tests' settings. */
export function jobContext(
  { worker }: Pick<TestDatabase, "worker">,
  settings: Partial<JobConfig> = {},
  objects: JobContext["objects"] = null,
): JobContext {
  return {
    database: worker,
    objects,
    providers: openProviders({ reach, log: { warn() {} } }),
    config: {
      masterKey: testMasterKey,
      previousMasterKey: null,
      accessTokenAlgorithm: "EdDSA",
      documents: LIMITS,
      documentStorage: { keepIn: "postgres", s3: null },
      guests: { most: 10_000, idleDays: 30 },
      webhooks: { internal: true, ports: [443] },
      modelProviders: reach,
      model: null,
      audit: {
        origin: "chat.example/audit",
        plainSyslog: false,
        outside: { file: null, url: null, witness: null },
      },
      ...settings,
    },
  };
}
