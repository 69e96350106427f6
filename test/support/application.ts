import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { derivePasswords } from "../../src/database/credentials.ts";
import { migrate } from "../../src/database/migrate.ts";
import { type TestDatabase, testMasterKey } from "./database.ts";

/** An application's migrations, in a folder of their own. */
export interface Application {
  readonly folder: string;
  /** Writes a migration: `write("000001-widgets.sql", "create table …")`. */
  write(file: string, text: string): void;
  remove(file: string): void;
  /** `rowhouse migrate`, with these and not with those of the checkout; returns its steps. */
  migrate(database: TestDatabase): Promise<string[]>;
  discard(): void;
}

export function makeApplication(): Application {
  const folder = mkdtempSync(join(tmpdir(), "rowhouse-application-"));
  return {
    folder,
    write: (file, text) => writeFileSync(join(folder, file), text),
    remove: (file) => rmSync(join(folder, file)),
    async migrate(database) {
      const steps: string[] = [];
      await migrate({
        adminUrl: database.adminUrl,
        passwords: derivePasswords(testMasterKey),
        application: folder,
        onStep: (step) => steps.push(step),
      });
      return steps;
    },
    discard: () => rmSync(folder, { recursive: true }),
  };
}
