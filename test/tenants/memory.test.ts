import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { surroundings } from "../support/command_line.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { createTenant, type Tenant } from "../support/people.ts";
import { talk } from "../support/tenant_rows.ts";

/** MB that an import or export of any size may hold of JavaScript's own. */
const HEAP = 48;

let home: TestDatabase;
let away: TestDatabase;
let acme: Tenant;
let folder: string;
beforeAll(async () => {
  home = await createDatabase();
  away = await createDatabase();
  folder = mkdtempSync(join(tmpdir(), "rowhouse-memory-"));
  acme = await createTenant(home, { slug: "acme" });
  const client = await home.admin.connect();
  try {
    // The trail of 200,000 inserts is not what is looked at.
    await client.query("set session_replication_role = replica");
    await talk({ query: client.query.bind(client) } as never, acme.owner, 1_000, 200);
    await client.query("reset session_replication_role");
  } finally {
    client.release();
  }
}, 300_000);
afterAll(async () => {
  await home.drop();
  await away.drop();
  rmSync(folder, { recursive: true });
});

/** Runs `rowhouse tenant` with a heap that the rows do not fit into; how it ended. */
function inLittleMemory(adminUrl: string, ...args: string[]): Promise<{ code: number | null; err: string }> {
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      [`--max-old-space-size=${HEAP}`, join(projectRoot, "src", "cli.ts"), "tenant", ...args],
      {
        cwd: folder,
        env: {
          ...surroundings(),
          NODE_ENV: "test",
          DATABASE_URL: adminUrl,
          MASTER_KEY: testMasterKey.toString("base64"),
        },
      },
    );
    let err = "";
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.once("close", (code) => done({ code, err }));
  });
}

test("200,000 rows go out and come in through a heap that they do not fit into", async () => {
  const archive = join(folder, "acme.jsonl");
  const out = await inLittleMemory(home.adminUrl, "export", "acme", archive);
  expect(out.code, out.err).toBe(0);
  expect(statSync(archive).size).toBeGreaterThan(HEAP * 1024 * 1024);
  const back = await inLittleMemory(away.adminUrl, "import", archive);
  expect(back.code, back.err).toBe(0);
  const count = "select count(*)::integer as count from app.messages where tenant_id = $1";
  expect((await away.admin.query(count, [acme.tenantId])).rows).toEqual([{ count: 200_000 }]);
}, 600_000);
