import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../../src/database/migrations.ts";
import { lintPage } from "../../../src/development/lint_page.ts";
import { splinterRules } from "../../../src/development/splinter.ts";
import { checks } from "./sample.ts";

test("docs/lints.md is what the checks say (else: npm run generate)", () => {
  expect(readFileSync(join(projectRoot, "docs", "lints.md"), "utf8")).toBe(lintPage());
});

test("every rule of splinter that applies to plain PostgreSQL has a check, and no check names one that is not", () => {
  const named = new Set(checks.flatMap(({ splinter }) => splinter));
  const applying = splinterRules.filter(({ foreign }) => foreign === null).map(({ number }) => number);
  expect([...named]).toEqual(expect.arrayContaining(applying));
  expect(splinterRules.map(({ number }) => number)).toEqual(expect.arrayContaining([...named]));
});
