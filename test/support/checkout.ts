import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../src/database/migrations.ts";

/** A copy of the project in a folder of its own, for tests that change files or look at how they are read. */
export interface Checkout {
  readonly folder: string;
  remove(): void;
}

const NOT_COPIED = new Set([".git", ".rowhouse", "node_modules", ".env", "coverage"]);

/**
 * Copies what a checkout has, without the application's own migrations; what npm installed is shared. With `crlf`, as a
 * checkout with CRLF line ends.
 */
export function makeCheckout({ crlf = false } = {}): Checkout {
  const folder = mkdtempSync(join(tmpdir(), "rowhouse-test-"));
  chmodSync(folder, 0o711);
  for (const name of readdirSync(projectRoot).filter((one) => !NOT_COPIED.has(one))) {
    cpSync(join(projectRoot, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  }
  for (const name of readdirSync(join(folder, "migrations")).filter((one) => !one.endsWith(".md"))) {
    rmSync(join(folder, "migrations", name));
  }
  symlinkSync(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  if (crlf) {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const path = join(folder, name);
      if (name.startsWith("node_modules") || !lstatSync(path).isFile()) continue;
      writeFileSync(path, readFileSync(path, "utf8").replaceAll(/\r?\n/g, "\r\n"));
    }
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
