import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";

const compose = readFileSync(join(projectRoot, "docker-compose.yml"), "utf8");
const documented = [
  ...readFileSync(join(projectRoot, ".env.example"), "utf8").matchAll(/^#?([A-Z0-9_]+)=/gm),
].map(([, name]) => name!);

/** What the installation of docker-compose.yml decides by itself, and why. */
const decided: Readonly<Record<string, string>> = {
  NODE_ENV: "it is a production",
  HOST: "everything, inside the container",
  PORT: "4000 inside; the setting is the port outside",
  STATE_DIR: "the volume",
  DATABASE_URL: "its own PostgreSQL",
  REDIS_URL: "its own Redis",
  WORKER: "a container of its own",
  WEBHOOK_INTERNAL: "refused in production",
  DEMO: "only in the embedded database, which it has not",
};

test("docker-compose.yml passes every setting on, or decides it for a reason", () => {
  const passed = [...compose.matchAll(/^ {4}([A-Z0-9_]+): \$\{\1:[-?]/gm)].map(([, name]) => name!);
  const missing = documented.filter((name) => !passed.includes(name) && !Object.hasOwn(decided, name));
  expect(missing).toEqual([]);
  expect(passed.filter((name) => Object.hasOwn(decided, name))).toEqual([]);
});

test("what is written without SMTP_URL outlives the container", () => {
  expect(compose).toMatch(/^ {4}- state:\/app\/\.rowhouse$/m);
  expect(compose).toMatch(/^volumes:\n(?: {2}\w+:\n)* {2}state:$/m);
});
