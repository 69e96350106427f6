import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { seedDemo } from "../../src/development/demo.ts";
import { type Checkout, makeCheckout } from "../support/checkout.ts";
import { surroundings } from "../support/command_line.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { startTestServer } from "../support/server.ts";

/** A block of the page: a command, a file to write, what somebody asks of the API, or what comes of it. */
interface Block {
  readonly language: "sh" | "sql" | "ts" | "graphql" | "json" | "console";
  /** The file, or who asks. */
  readonly about: string;
  readonly text: string;
}

const page = readFileSync(join(projectRoot, "docs", "your-own-tables.md"), "utf8");
const blocks = [...page.matchAll(/^```(\w+) ?(\S*)\n(.*?)^```$/gms)].map(
  ([, language, about, text]) => ({ language, about, text }) as Block,
);

let database: TestDatabase;
let checkout: Checkout;
beforeAll(async () => {
  database = await createDatabase({ application: false });
  checkout = makeCheckout();
  // Companies that were there before the application's permissions.
  const log = pino({ level: "silent" });
  await seedDemo({ adminUrl: database.adminUrl, config: { environment: "development" }, log });
});
afterAll(async () => {
  checkout.remove();
  await database.drop();
});

function run(command: string): Promise<{ status: number; output: string }> {
  const settings = { DATABASE_URL: database.adminUrl, MASTER_KEY: testMasterKey.toString("base64") };
  return new Promise((done) => {
    execFile(
      "bash",
      ["-ec", command],
      { cwd: checkout.folder, env: { ...surroundings(), HOME: checkout.folder, ...settings } },
      (error, out, err) => done({ status: error === null ? 0 : Number(error.code), output: out + err }),
    );
  });
}

/** The id that the last answer had, for those who ask for it by `$id`. */
let id: string | undefined;

async function ask(who: string, query: string): Promise<unknown> {
  // The server reads the tables when it starts.
  const server = await startTestServer(database);
  try {
    const company = who === "mia" ? "globex" : "acme";
    const signedIn = await server.post("/auth/login", {
      email: `${who}@${company}.example`,
      password: "four walls and one roof",
    });
    const answer = await server.post(
      "/graphql",
      { query, variables: query.includes("$id") ? { id } : {} },
      { authorization: `Bearer ${signedIn.body.access_token}` },
    );
    for (const error of answer.body.errors ?? []) delete error.locations;
    id = answer.body.data?.createWidget?.widget?.id ?? id;
    return answer.body;
  } finally {
    await server.close();
  }
}

/** What the page shows of an answer; a text that ends with … may go on as it likes. */
const shown = (json: string): unknown =>
  JSON.parse(json, (_, value: unknown) =>
    typeof value === "string" && value.endsWith("…")
      ? expect.stringContaining(value.slice(0, 2).replace("…", ""))
      : value,
  );

test("the guide does what it says", async () => {
  expect(blocks.filter(({ language }) => language === "graphql").length).toBeGreaterThan(4);
  let answer: unknown;
  for (const { language, about, text } of blocks) {
    if (language === "sh") {
      for (const command of text.trim().split("\n")) {
        expect(await run(command), command).toMatchObject({ status: 0 });
      }
    } else if (language === "sql" || language === "ts") {
      writeFileSync(join(checkout.folder, about), text);
    } else if (language === "graphql") {
      answer = await ask(about, text);
    } else if (language === "json") {
      expect(answer).toEqual(shown(text));
    } else {
      const [command = "", ...printed] = text.trimEnd().split("\n");
      const { status, output } = await run(command.replace("$ ", ""));
      expect(status).toBe(1);
      expect(
        output
          .trimEnd()
          .split("\n")
          .filter((line) => !line.startsWith("migrate: ")),
      ).toEqual(printed);
    }
  }
}, 600_000);
