import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { blocksOf, pageAt } from "../support/documents.ts";
import { signUp } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const page = pageAt("docs/documents/http.md");
const run = promisify(execFile);
const LEAVE = "# Leave\n\nThirty days.\n";

let database: TestDatabase;
let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rowhouse-page-"));
  writeFileSync(join(folder, "leave-policy.md"), LEAVE);
  database = await createDatabase();
  server = await startTestServer(database);
});
afterAll(async () => {
  await server.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

test("what the page types brings a document in both ways, takes it and replaces it", async () => {
  const { headers } = await signUp(server, { tenant: { name: "Acme", slug: "acme" } });
  const type = async (script: string, id = ""): Promise<string> => {
    const env = { ...process.env, token: headers.Authorization.slice(7), id };
    const asNode = `curl() { command curl -A node "$@"; }\n${script.replaceAll("http://localhost:4000", server.url)}`;
    return (await run("bash", ["-ec", asNode], { cwd: folder, env })).stdout;
  };
  const [form, raw, takeAndReplace] = blocksOf(page, "sh");
  const { document } = JSON.parse(await type(form!));
  expect(document).toMatchObject({
    title: "How we take leave",
    visibility: "tenant",
    tags: ["people", "rules"],
  });
  expect(JSON.parse(await type(raw!)).document).toMatchObject({
    title: "leave-policy",
    visibility: "tenant",
    sha256: document.sha256,
  });
  rmSync(join(folder, "leave-policy.md"));
  expect(JSON.parse(await type(takeAndReplace!, document.id)).document).toMatchObject({
    id: document.id,
    version: 2,
    sha256: document.sha256,
  });
  expect(readFileSync(join(folder, "leave-policy.md"), "utf8")).toBe(LEAVE);
});

test("the page links to files that there are", () => {
  for (const [, link] of page.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
    expect(existsSync(join(projectRoot, "docs/documents", link!)), link).toBe(true);
  }
});
