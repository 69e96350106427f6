import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../../src/database/migrations.ts";
import { type Measured, measureCorpus, readCorpus } from "../../../src/development/corpus.ts";
import { precisionPage } from "../../../src/development/precision.ts";
import { type BlankDatabase, createBlankDatabase } from "../catalogue/blank_database.ts";
import { isMended, reach, widened } from "./reach.ts";
import { checks, named } from "./sample.ts";

const corpus = readCorpus();
let database: BlankDatabase;
let measured: Measured[];
/** What was wrong with a mend: it failed, did not mend, or opened something. */
const mends: string[] = [];
beforeAll(async () => {
  database = await createBlankDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    measured = await measureCorpus(client, corpus, checks, async (findings, lintAgain) => {
      const before = await reach(client, "corpus_");
      // A mend writes a policy as it was: where two speak of one policy, the second look finds what is left.
      let mended = findings.filter(isMended);
      for (let look = 0; look < 2 && mended.length > 0; look++) {
        for (const mend of new Set(mended.map((finding) => finding.mend)))
          mends.push(...(await failing(client, mend)));
        const known = new Set(named(findings));
        mended = (await lintAgain()).filter(
          (finding) => isMended(finding) && known.has(named([finding])[0]!),
        );
      }
      mends.push(...named(mended));
      mends.push(...widened(before, await reach(client, "corpus_")));
    });
  } finally {
    await client.end();
  }
}, 300_000);
afterAll(() => database.drop());

/** Runs a mend; what it raises. */
async function failing(client: pg.Client, mend: string): Promise<string[]> {
  await client.query("savepoint mend");
  try {
    await client.query(mend);
    return [];
  } catch (error) {
    await client.query("rollback to savepoint mend");
    return [`${(error as Error).message}: ${mend}`];
  }
}

test("the corpus has a hundred schemas and more, each with a name of its own", () => {
  expect(corpus.length).toBeGreaterThanOrEqual(100);
  expect(new Set(corpus.map(({ file, title }) => `${file} ${title}`)).size).toBe(corpus.length);
});

test("the corpus speaks only of checks that there are", () => {
  const numbers = checks.map(({ number }) => number);
  expect(corpus.flatMap(({ fires }) => fires).filter((number) => !numbers.includes(number))).toEqual([]);
});

describe("what must fire does, and nothing else:", () => {
  test.each(corpus.map((one, place) => [`${one.file}: ${one.title}`, place] as const))(
    "%s",
    (_title, place) => {
      const { fired, findings } = measured[place]!;
      const told = findings
        .map(({ check, object, detail }) => `${check.number} ${object} ${detail}`)
        .join("\n");
      expect(fired, told).toEqual(corpus[place]!.fires);
    },
  );
});

test("every mend that is printed brings its finding to none, and opens nothing", () => {
  expect(mends).toEqual([]);
});

test("docs/precision.md is what was measured (else: npm run generate)", () => {
  expect(readFileSync(join(projectRoot, "docs", "precision.md"), "utf8")).toBe(precisionPage(measured));
});
