// `npm run generate`: writes what is generated from the database and committed, to be reviewed as a diff.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { policyMatrix } from "../../test/support/policy_matrix.ts";
import { applicationFolder, readMigrations } from "../database/application/migration_files.ts";
import { asDatabase, type Connections, connectionsTo, type Passwords } from "../database/credentials.ts";
import { migrate } from "../database/migrate.ts";
import { projectRoot } from "../database/migrations.ts";
import { snapshot } from "../database/snapshot.ts";
import { openApi } from "../http/contract/openapi.ts";
import { OPERATIONS } from "../http/contract/operations.ts";
import { withInspect } from "../inspect/catalogue/install.ts";
import { printSnapshot, takeSnapshot } from "../inspect/policies/snapshot.ts";
import { matrixOf, printMatrix } from "../inspect/prove/matrix.ts";
import { prove } from "../inspect/prove/run.ts";
import { asLabelled, readCorpus } from "./corpus.ts";
import { errorPages } from "./error_pages.ts";
import { eventsPage, eventTypes } from "./events_page.ts";
import { graphqlSchema } from "./graphql_schema.ts";
import { lintPage } from "./lint_page.ts";
import { precisionPage } from "./precision.ts";
import { withTemporaryServer } from "./temporary_server.ts";

/** A migrated database. */
interface Source {
  readonly adminUrl: string;
  readonly connections: Connections;
  readonly admin: pg.Pool;
  readonly app: pg.Pool;
  readonly auth: pg.Pool;
}

/** Each file and what makes it, in this order: the last one writes to the database, the others only look. */
const generated: Readonly<Record<string, (source: Source) => Promise<string>>> = {
  "db/snapshot.sql": async ({ admin }) => {
    const client = await admin.connect();
    try {
      return await snapshot(client);
    } finally {
      client.release();
    }
  },
  "db/policies.json": async ({ adminUrl }) => printSnapshot(await withInspect(adminUrl, takeSnapshot)),
  "db/proof-matrix.json": async ({ adminUrl }) => {
    const { cells } = await prove({ url: adminUrl, config: {}, seed: 1, runs: 0 });
    return `${printMatrix(matrixOf(cells))}\n`;
  },
  "docs/audit/events.md": async ({ admin }) => eventsPage(await eventTypes(admin)),
  "docs/lints.md": async () => lintPage(),
  // As the corpus is labelled; that this is what is measured, too, is tested (precision.test.ts).
  "docs/precision.md": async () => precisionPage(asLabelled(readCorpus())),
  "openapi.json": async () => `${JSON.stringify(openApi(OPERATIONS), null, 2)}\n`,
  "schema.graphql": ({ connections }) => graphqlSchema(connections.app),
  "db/policy-matrix.md": policyMatrix,
};

await withTemporaryServer(async ({ adminUrl, passwords }) => {
  const database = asDatabase(adminUrl, "generate");
  await migrate({ adminUrl: database, passwords, current: true, application: null });
  const connections = connectionsTo(database, passwords);
  const pools = { admin: pool(database), app: pool(connections.app), auth: pool(connections.auth) };
  try {
    for (const [file, generate] of Object.entries(generated)) {
      writeFileSync(join(projectRoot, file), await generate({ adminUrl: database, connections, ...pools }));
      console.log(`${file}: written`);
    }
    const folder = join(projectRoot, "docs/errors");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [file, text] of errorPages()) writeFileSync(join(folder, file), text);
    console.log("docs/errors: written");
    await generateApplication(database, passwords, connections);
  } finally {
    await Promise.all(Object.values(pools).map((one) => one.end()));
  }
});

/** The API with the application's own tables, where there are any. What stands above is Rowhouse's alone. */
async function generateApplication(
  database: string,
  passwords: Passwords,
  connections: Connections,
): Promise<void> {
  if (readMigrations().length === 0) return;
  await migrate({ adminUrl: database, passwords, current: true });
  writeFileSync(join(applicationFolder, "schema.graphql"), await graphqlSchema(connections.app));
  console.log("migrations/schema.graphql: written");
}

function pool(connectionString: string): pg.Pool {
  const made = new pg.Pool({ connectionString });
  // The server is stopped right after the pools: one that is still saying goodbye to it hears of that as an error.
  made.on("error", () => {});
  return made;
}
