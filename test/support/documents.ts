import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../src/database/migrations.ts";

/** The text of a page, by its place in the project: `docs/organisations/teams.md`. */
export const pageAt = (path: string): string => readFileSync(join(projectRoot, path), "utf8");

/** The blocks of code of one language in a page, from top to bottom. */
export const blocksOf = (page: string, language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, text]) => text!);
