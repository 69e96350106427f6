import { loadEnvironmentFile, readConfig } from "../config.ts";
import { joinDatabase, prepare } from "./database.ts";

/** `rowhouse migrate`: prepares the database, printing each step. */
export async function migrateDatabase(): Promise<void> {
  loadEnvironmentFile();
  const config = readConfig();
  const database = await joinDatabase(config, ({ message }) => console.log(message));
  try {
    await prepare(config, database, (step) => console.log(`migrate: ${step}`));
  } finally {
    await database.close();
  }
}
