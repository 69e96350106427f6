import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { type Code, statusesOf } from "../../src/http/codes.ts";
import { routersSource } from "../support/routers.ts";

const folder = join(projectRoot, "docs/identity");
const pages = readdirSync(folder).filter((file) => file.endsWith(".md"));

/** The rows of a page's table of errors: call, status and the codes that are linked there. */
function rowsOf(page: string): { status: number; codes: string[] }[] {
  const rows = readFileSync(join(folder, page), "utf8").matchAll(/^\| (?:`[^`]+` )?\| (\d{3}) \| (.*) \|$/gm);
  return [...rows].map(([, status, codes]) => ({
    status: Number(status),
    codes: [...codes!.matchAll(/\[`(\w+)`\]\(\.\.\/errors\/(\w+)\.md\)/g)].map(([, code, file]) => {
      expect(file).toBe(code);
      return code!;
    }),
  }));
}

describe.each(pages.filter((page) => rowsOf(page).length > 0))("the page %s", (page) => {
  test("names codes that there are, with the status that they have", () => {
    for (const { status, codes } of rowsOf(page)) {
      expect(codes.length).toBeGreaterThan(0);
      for (const code of codes) expect(statusesOf(code as Code), code).toContain(status);
    }
  });

  test("names calls that the server has", () => {
    const text = readFileSync(join(folder, page), "utf8");
    for (const [, method, path] of text.matchAll(/\b(GET|POST) (\/auth\/[a-z/_-]*[a-z])/g)) {
      expect(routersSource, `${method} ${path}`).toContain(`.${method!.toLowerCase()}("${path}"`);
    }
  });
});
