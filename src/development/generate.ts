// `npm run generate`: writes what is generated from the database and committed, to be reviewed as a diff.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { asDatabase, type Connections, connectionsTo } from "../database/credentials.ts";
import { migrate } from "../database/migrate.ts";
import { projectRoot } from "../database/migrations.ts";
import { snapshot } from "../database/snapshot.ts";
import { withTemporaryServer } from "./temporary_server.ts";

/** A migrated database. The last generator may write to it; the others only look. */
interface Source {
  readonly connections: Connections;
  readonly admin: pg.Pool;
  readonly app: pg.Pool;
  readonly auth: pg.Pool;
}

interface Generator {
  /** Where its result goes. */
  readonly file: string;
  /** The module that makes it, when it is there. */
  readonly module: URL;
  readonly generate: (source: Source, load: () => Promise<unknown>) => Promise<string>;
}

const generators: readonly Generator[] = [
  {
    file: "db/snapshot.sql",
    module: new URL("../database/snapshot.ts", import.meta.url),
    generate: async ({ admin }) => {
      const client = await admin.connect();
      try {
        return await snapshot(client);
      } finally {
        client.release();
      }
    },
  },
  {
    file: "schema.graphql",
    module: new URL("./graphql_schema.ts", import.meta.url),
    generate: async ({ connections }, load) => {
      const { graphqlSchema } = (await load()) as {
        graphqlSchema(connectionString: string): Promise<string>;
      };
      return graphqlSchema(connections.app);
    },
  },
  {
    file: "db/policy-matrix.md",
    module: new URL("../../test/support/policy_matrix.ts", import.meta.url),
    generate: async (source, load) => {
      const { policyMatrix } = (await load()) as { policyMatrix(source: Source): Promise<string> };
      return policyMatrix(source);
    },
  },
];

await withTemporaryServer(async (server) => {
  const adminUrl = asDatabase(server.adminUrl, "generate");
  await migrate({ adminUrl, passwords: server.passwords, current: true });
  const connections = connectionsTo(adminUrl, server.passwords);
  const pools = [adminUrl, connections.app, connections.auth].map(
    (connectionString) => new pg.Pool({ connectionString }),
  );
  const [admin, app, auth] = pools as [pg.Pool, pg.Pool, pg.Pool];
  try {
    for (const { file, module, generate } of generators) {
      if (!existsSync(module)) {
        console.log(`${file}: skipped, nothing makes it yet`);
        continue;
      }
      writeFileSync(
        join(projectRoot, file),
        await generate({ connections, admin, app, auth }, () => import(module.href)),
      );
      console.log(`${file}: written`);
    }
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
});
