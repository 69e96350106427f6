import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyDatabase } from "../../src/audit/verify_database.ts";
import { asDatabase, connectionsTo, derivePasswords } from "../../src/database/credentials.ts";
import { type Embedded, startEmbedded } from "../../src/database/embedded.ts";
import { migrate } from "../../src/database/migrate.ts";
import { sealAudit } from "../../src/jobs/seal_audit.ts";
import { testMasterKey } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

const WRITERS = 8;
const ROUNDS = 3;

let stateDir: string;
let server: Embedded;
let pools: Record<"admin" | "app" | "auth" | "worker", pg.Pool>;
let acme: TenantFixture;

/** A server of its own that writes through to the disk, as it does outside tests. */
beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), "rowhouse-crash-"));
  server = await startEmbedded({ stateDir, durable: true });
  const adminUrl = asDatabase(server.adminUrl, "rowhouse");
  const passwords = derivePasswords(testMasterKey);
  await migrate({ adminUrl, passwords, current: true });
  const { app, auth, worker } = connectionsTo(adminUrl, passwords);
  pools = { admin: pool(adminUrl), app: pool(app), auth: pool(auth), worker: pool(worker) };
  acme = await buildTenant(pools, "acme");
}, 60_000);

afterAll(async () => {
  await Promise.all(Object.values(pools).map((one) => one.end()));
  await server.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

function pool(connectionString: string): pg.Pool {
  const made = new pg.Pool({ connectionString, max: WRITERS });
  // Connections die with the server. The queries in flight fail, and that is what the test looks at.
  made.on("error", () => {});
  made.on("connect", (client) => client.on("error", () => {}));
  return made;
}

/** Writes conversations until the server is gone, and takes every third back; the ids whose commit was acknowledged. */
async function writeUntilTheEnd(): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let turn = 0; ; turn++) {
    let client: pg.PoolClient;
    try {
      client = await pools.app.connect();
    } catch {
      return acknowledged;
    }
    try {
      await client.query("begin");
      await client.query("select context.enter($1)", [acme.member.digest]);
      const { rows } = await client.query("insert into app.conversations (title) values ('x') returning id");
      await client.query(turn % 3 === 2 ? "rollback" : "commit");
      if (turn % 3 !== 2) acknowledged.push(rows[0].id);
      client.release();
    } catch {
      client.release(true);
      return acknowledged;
    }
  }
}

/** Seals and signs until the server is gone; how often that was done. */
async function sealUntilTheEnd(): Promise<number> {
  for (let done = 0; ; done++) {
    try {
      await seal();
    } catch {
      return done;
    }
  }
}

const seal = () => sealAudit(jobContext(pools));

/** Resolves once the server answers again. */
async function recovered(): Promise<void> {
  await expect
    .poll(
      () =>
        pools.admin.query("select 1").then(
          () => true,
          () => false,
        ),
      { timeout: 30_000, interval: 100 },
    )
    .toBe(true);
}

test("kill -9 of PostgreSQL during writes loses no acknowledged write, none is without its trail, and all of that is sealed", async () => {
  const { port } = server;
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = server.pid;
    const writers = Promise.all(Array.from({ length: WRITERS }, writeUntilTheEnd));
    const sealer = sealUntilTheEnd();
    setTimeout(() => process.kill(before, "SIGKILL"), 700);
    const written = (await writers).flat();
    expect(written.length).toBeGreaterThan(WRITERS);
    acknowledged.push(...written);
    expect(await sealer).toBeGreaterThan(0);

    await recovered();
    expect(server.pid).not.toBe(before);
    expect(server.port).toBe(port);
  }

  const { rows } = await pools.admin.query(
    `select
         (select count(*)::integer from unnest($1::uuid[]) as id
          where not exists (select from app.conversations where conversations.id = id.id)) as lost,
         (select count(*)::integer from app.conversations
          where not exists (
              select from audit.events
              where table_name = 'app.conversations' and action = 'insert' and row_key ->> 'id' = conversations.id::text
          )) as untracked,
         (select count(*)::integer from audit.events
          where table_name = 'app.conversations' and action = 'insert') - (select count(*)::integer from app.conversations) as doubled,
         (select count(*)::integer from audit.events
          where table_name = 'app.conversations' and action = 'insert'
              and not exists (select from app.conversations where conversations.id::text = row_key ->> 'id')) as invented`,
    [acknowledged],
  );
  expect(rows[0]).toEqual({ lost: 0, untracked: 0, doubled: 0, invented: 0 });

  await seal();
  const client = await pools.admin.connect();
  try {
    const verdict = await verifyDatabase(client, acme.tenantId, { keys: null });
    expect(verdict).toMatchObject({ signed: verdict.size, waiting: 0, problems: [] });
    expect(verdict.size).toBeGreaterThan(acknowledged.length);
  } finally {
    client.release();
  }
}, 120_000);
