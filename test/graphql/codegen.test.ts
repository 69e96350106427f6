import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { preset } from "@graphql-codegen/client-preset";
import { codegen } from "@graphql-codegen/core";
import { parse } from "postgraphile/graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import config from "../../examples/typescript/codegen.ts";

// The configuration that the example's readers copy, run as it is; the command line around it is theirs to install.

const OUTPUT = "generated/";

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rowhouse-codegen-"));
  cpSync("examples/typescript", folder, { recursive: true });
  cpSync("schema.graphql", join(folder, config.schema));
  symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
  const rawSDL = readFileSync(join(folder, "operations.graphql"), "utf8");
  const target = config.generates[OUTPUT];
  const files = await preset.buildGeneratesSection({
    baseOutputDir: join(folder, OUTPUT),
    schema: parse(readFileSync(join(folder, config.schema), "utf8")),
    documents: [{ location: "operations.graphql", document: parse(rawSDL), rawSDL }],
    config: target.config,
    presetConfig: target.presetConfig,
    plugins: [],
    pluginMap: {},
  });
  mkdirSync(join(folder, OUTPUT));
  for (const file of files) writeFileSync(file.filename, await codegen(file));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the compiler says of a file in the example's folder, strictly. */
function complaints(file: string): string {
  const strict =
    "--noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler --target es2025";
  try {
    execFileSync(
      join(process.cwd(), "node_modules/.bin/tsc"),
      [...strict.split(" "), "--types", "node", file],
      {
        cwd: folder,
        encoding: "utf8",
      },
    );
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test("the example's client compiles against what the configuration generates", () => {
  expect(complaints("client.ts")).toBe("");
});

test("ids, cursors and times are strings, closed values are their names, and nothing is any", () => {
  const generated = readFileSync(join(folder, OUTPUT, "graphql.ts"), "utf8");
  // The documents' own class has `any` in a place that nobody reads.
  expect(generated.replaceAll(/__meta__\?: Record<string, any>/g, "")).not.toMatch(/\bany\b/);
  writeFileSync(
    join(folder, "uses.ts"),
    `import type { ConversationStatus, MyConversationsQuery, TrailQuery } from "./generated/graphql";
     type Node = NonNullable<MyConversationsQuery["myConversations"]>["nodes"][number];
     type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
     export const facts: [
       Same<Node["id"], string>, Same<Node["updatedAt"], string>, Same<ConversationStatus, "OPEN" | "ARCHIVED">,
       Same<NonNullable<TrailQuery["auditEvents"]>["nodes"][number]["newRow"], unknown>,
     ] = [true, true, true, true];`,
  );
  expect(complaints("uses.ts")).toBe("");
});

test("a tone that is none does not compile", () => {
  writeFileSync(
    join(folder, "wrong.ts"),
    `import type { SetToneMutationVariables } from "./generated/graphql";
     export const wrong: SetToneMutationVariables = { tone: "RUDE" };`,
  );
  expect(complaints("wrong.ts")).toContain(`Type '"RUDE"' is not assignable`);
});
