import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../../src/database/migrations.ts";
import { CODES } from "../../../src/http/codes.ts";
import { blocksOf, pageAt } from "../../support/documents.ts";
import { type OpenAIWorld, openAIWorld, secretKey } from "../../support/openai.ts";

const page = pageAt("docs/chat/openai.md");

let world: OpenAIWorld;
beforeAll(async () => {
  world = await openAIWorld();
});
afterAll(() => world.close());

test("the example of openai.md prints what the page says", async () => {
  const [example] = blocksOf(page, "js");
  const [printed] = blocksOf(page, "text");
  const program = example!.replace("http://localhost:4000", world.server.url);
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: projectRoot,
    env: { ...process.env, ROWHOUSE_KEY: await secretKey(world.database, world.acme.member) },
  });
  expect(stdout).toBe(printed);
});

test("the page names codes that there are", () => {
  const named = [...page.matchAll(/\[`(\w+)`\]\(\.\.\/errors\/(\w+)\.md\)/g)];
  expect(named.length).toBeGreaterThan(5);
  for (const [, code, file] of named) {
    expect(file).toBe(code);
    expect(CODES).toHaveProperty(code!);
  }
});
