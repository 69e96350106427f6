import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";

const imports = new Map(
  readdirSync(join(projectRoot, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [file, importsOf(file)]),
);

/** The modules of ours that a module names, types included: whoever reads one has to read the other. */
function importsOf(file: string): string[] {
  const path = join(projectRoot, "src", file);
  return [...readFileSync(path, "utf8").matchAll(/(?:from|import\(?) ?"(\.[^"]+\.ts)"/g)].map(([, name]) =>
    relative(join(projectRoot, "src"), join(dirname(path), name!)),
  );
}

/** A way from a module back to itself, or null. */
function circleAt(start: string): string[] | null {
  const seen = new Set<string>();
  const walk = (file: string, way: string[]): string[] | null => {
    for (const next of imports.get(file) ?? []) {
      if (next === start) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...way, next]);
      if (found) return found;
    }
    return null;
  };
  return walk(start, [start]);
}

const naming = (from: string, to: string): string[] =>
  [...imports].flatMap(([file, named]) =>
    file.startsWith(from) ? named.filter((one) => one.startsWith(to)).map((one) => `${file} → ${one}`) : [],
  );

test("no modules need each other in a circle", () => {
  expect([...imports.keys()].map(circleAt).filter((circle) => circle !== null)).toEqual([]);
});

test("http opens GraphQL's server and knows nothing of what is behind it", () => {
  expect(naming("http/", "graphql/")).toEqual(["http/server.ts → graphql/server.ts"]);
});

test("the desk does not know the commands that use it, nor mutations the proof that they break", () => {
  expect(naming("inspect/", "commands/")).toEqual([]);
  expect(naming("inspect/prove/", "inspect/mutate/")).toEqual([]);
  expect(naming("inspect/lint/", "inspect/prove/")).toEqual([]);
});
