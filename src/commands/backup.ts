import pg from "pg";
import { type Config, loadEnvironmentFile, readConfig } from "../config.ts";
import { backUpCold, backUpDump, readManifest, restoreCold, restoreDump } from "../database/backup.ts";
import { programVersion } from "../database/client_programs.ts";
import { rolePasswords } from "../database/credentials.ts";
import { runningEmbedded } from "../database/embedded.ts";
import { prepareRoles } from "../database/migrate.ts";
import { joinDatabase, type OpenDatabase, prepare } from "./database.ts";
import { CommandError, UsageError } from "./failures.ts";
import { parseArguments } from "./inspected.ts";
import { progressLine } from "./progress_line.ts";

/** `rowhouse backup FOLDER`: a dump where pg_dump is here and new enough, else a cold copy of the embedded data. */
export async function backup(args: string[]): Promise<0> {
  const { positionals } = parseArguments(args, {});
  const folder = onlyFolder("backup", positionals);
  loadEnvironmentFile();
  const config = readConfig();
  const embedded = config.database.url === null;

  if (embedded && (programVersion("pg_dump") ?? 0) < EMBEDDED_MAJOR) {
    if (runningEmbedded(config.stateDir)) {
      throw new CommandError(
        `${whyNoDump("pg_dump", EMBEDDED_MAJOR)}, so the data is copied while nobody uses it: stop Rowhouse first`,
      );
    }
    await backUpCold(config.stateDir, folder, progressLine());
    console.log(
      `copied the embedded database, stopped, and its secrets to ${folder}: keep it as safe as they are`,
    );
    return 0;
  }

  await withDatabase(config, async (database) => {
    const major = await serverMajor(database.adminUrl);
    if ((programVersion("pg_dump") ?? 0) < major) throw new CommandError(whyNoDump("pg_dump", major));
    console.error("dumping …");
    await backUpDump(database.adminUrl, major, folder, embedded ? config.stateDir : null);
  });
  console.log(
    `dumped the database to ${folder}${embedded ? ", with its secrets" : "; MASTER_KEY is not in it"}: keep it as safe as they are`,
  );
  return 0;
}

/** `rowhouse restore FOLDER`: the way back; what is there is put aside, and only with --replace. */
export async function restore(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, { replace: { type: "boolean", default: false } });
  const folder = onlyFolder("restore", positionals);
  loadEnvironmentFile();
  const config = readConfig();
  const manifest = readManifest(folder);
  const replace = values.replace ?? false;

  if (manifest.kind === "cold") {
    if (config.database.url !== null) {
      throw new CommandError(
        "this backup is a copy of the embedded server's data; it goes back there, so DATABASE_URL must not be set",
      );
    }
    const aside = await restoreCold(folder, config.stateDir, { replace, progress: progressLine() });
    console.log(
      `restored the embedded database as of ${manifest.made}${aside ? `; what was there is in ${aside}` : ""}`,
    );
    return 0;
  }

  if ((programVersion("pg_restore") ?? 0) < manifest.postgresql) {
    throw new CommandError(whyNoDump("pg_restore", manifest.postgresql));
  }
  await withDatabase(config, async (database) => {
    console.error("restoring …");
    // The roles that the dump grants to belong to the server, and may be another's.
    await prepareRoles(database.adminUrl, rolePasswords(config));
    const before = await restoreDump(folder, database.adminUrl, replace);
    await prepare(config, database, (step) => console.error(`migrate: ${step}`));
    console.log(
      `restored the database as of ${manifest.made}${before ? `; what was there is in the database ${before}` : ""}`,
    );
  });
  return 0;
}

/** The major version of the PostgreSQL that npm installs. */
const EMBEDDED_MAJOR = 18;

function onlyFolder(command: string, positionals: readonly string[]): string {
  const [folder, more] = positionals;
  if (folder === undefined) throw new UsageError(`"${command}" takes a folder`);
  if (more !== undefined) throw new UsageError(`"${command}" takes one folder, not "${more}" too`);
  return folder;
}

function whyNoDump(program: "pg_dump" | "pg_restore", major: number): string {
  const found = programVersion(program);
  return `${program} ${major} or newer is needed, and ${found === null ? "none is installed here" : `this is ${found}`}`;
}

async function withDatabase(config: Config, work: (database: OpenDatabase) => Promise<void>): Promise<void> {
  const database = await joinDatabase(config, ({ message }) => console.error(message));
  try {
    await work(database);
  } finally {
    await database.close();
  }
}

async function serverMajor(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ number: string }>("show server_version_num");
    return Math.floor(Number(rows[0]?.number) / 10_000);
  } finally {
    await client.end();
  }
}
