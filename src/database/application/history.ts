import pg from "pg";
import type { ApplicationMigration } from "./migration_files.ts";

/** A line of the database's history. */
export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly hash: string;
}

/** How a database's history of the application's migrations compares with the files. */
export interface ApplicationState {
  readonly pending: readonly ApplicationMigration[];
  /** Applied from another text than the file's, or after other migrations than stand before it here. */
  readonly rebuilt: readonly ApplicationMigration[];
  /** Applied, and there is no such file. */
  readonly unknown: readonly AppliedMigration[];
}

/** Any role that may sign people in or serve requests can ask. Where Rowhouse is not yet, there is no history. */
export async function applicationState(
  client: Pick<pg.Pool, "query">,
  files: readonly ApplicationMigration[],
): Promise<ApplicationState> {
  const applied = await history(client);
  return {
    pending: files.slice(applied.length),
    rebuilt: files.slice(0, applied.length).filter(({ hash }, place) => applied[place]?.hash !== hash),
    unknown: applied.slice(files.length),
  };
}

async function history(client: Pick<pg.Pool, "query">): Promise<AppliedMigration[]> {
  try {
    const { rows } = await client.query<AppliedMigration>(
      "select number, name, hash from context.application_migrations()",
    );
    return rows;
  } catch (error) {
    // No such schema or function.
    if (error instanceof pg.DatabaseError && ["3F000", "42883"].includes(error.code ?? "")) return [];
    throw error;
  }
}
