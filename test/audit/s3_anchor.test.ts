import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCheckpoint } from "../../src/audit/checkpoint.ts";
import type { ReportFacts } from "../../src/audit/report/facts.ts";
import { keptInS3 } from "../../src/audit/s3_anchor.ts";
import { PLATFORM } from "../../src/audit/tree_source.ts";
import { sealAudit } from "../../src/jobs/seal_audit.ts";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { forgetPowers } from "../support/old_events.ts";
import { createTenant } from "../support/people.ts";
import { type S3Double, startS3 } from "../support/s3/server.ts";
import { problemsOf, seal, unguarded } from "../support/sealing.ts";

let database: TestDatabase;
let storage: S3Double;
let tenant: string;
const folder = makeFolder();

beforeAll(async () => {
  database = await createDatabase();
  storage = await startS3();
  ({ tenantId: tenant } = await createTenant(database, { slug: "acme" }));
  await forgetPowers(database, tenant);
  await seal(database);
});
afterAll(async () => {
  await storage.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const origin = () => `chat.example/audit/${tenant}`;
const bucket = () => ({ settings: storage.settings, prefix: "seals/" });
const takeOutside = () =>
  sealAudit(
    jobContext(database, {
      audit: {
        origin: "chat.example/audit",
        plainSyslog: false,
        outside: { file: null, url: null, witness: null, s3: bucket() },
      },
    }),
  );
const rename = () =>
  database.admin.query("update app.tenants set name = name || '.' where id = $1", [tenant]);
const sizes = () =>
  [...storage.objects]
    .filter(([name]) => name.startsWith(`seals/${origin()}/`))
    .map(([, { bytes }]) => readCheckpoint(bytes.toString()).size);
const byBucket = (...args: string[]) =>
  rowhouse(["audit", ...args, "--checkpoints", "s3"], folder, {
    ...commandSettings(database),
    ...storage.env,
    AUDIT_ORIGIN: "chat.example/audit",
    AUDIT_ANCHOR_S3: `${storage.settings.bucket}/seals`,
  });
const verify = () => byBucket("verify", "--tenant", tenant);
const report = () => byBucket("report", tenant, "--from", "2026-01-01", "--json");

test("each checkpoint is an object of its own, named by origin and size, the newest first in a list", async () => {
  await takeOutside();
  await rename();
  await seal(database);
  await takeOutside();
  expect(sizes()).toEqual([8, 9]);
  expect([...storage.objects.keys()].filter((name) => name.includes(tenant))).toEqual([
    `seals/${origin()}/9999999999999991-8`,
    `seals/${origin()}/9999999999999990-9`,
  ]);
  const kept = await keptInS3(bucket(), origin(), 1);
  expect(kept.map((note) => readCheckpoint(note).size)).toEqual([9]);
  expect(await problemsOf(database, tenant, { keys: null, checkpoints: kept })).toEqual([]);
});

test("one that is there is not written again, and is as good as one that is taken now", async () => {
  const before = new Map(storage.objects);
  await unguarded(database, `update audit.trees set anchored_size = 0 where tenant_id = '${tenant}'`);
  await takeOutside();
  expect(storage.seen.at(-1)).toEqual({ method: "GET", status: 200 });
  expect(storage.objects).toEqual(before);
});

test("another tree of a size that was kept fails the job, and nothing is written over", async () => {
  await rename();
  await seal(database);
  const name = `seals/${origin()}/9999999999999989-10`;
  const kept = storage.objects.get(`seals/${origin()}/9999999999999990-9`)!;
  const forged = kept.bytes.toString().replace("\n9\n", "\n10\n");
  storage.objects.set(name, { ...kept, bytes: Buffer.from(forged) });
  await expect(takeOutside()).rejects.toThrow(
    /another tree of chat\.example.* with 10 leaves was kept before/,
  );
  expect(storage.objects.get(name)!.bytes.toString()).toBe(forged);
  storage.objects.delete(name);
  await takeOutside();
  expect(sizes()).toEqual([8, 9, 10]);
});

test("a storage that is away fails the job, after everything is signed, and has the newest when it is back", async () => {
  await rename();
  storage.weather = { down: true };
  await seal(database);
  await expect(takeOutside()).rejects.toThrow(/cannot be taken outside: the object storage/);
  storage.weather = {};
  await takeOutside();
  expect(sizes()).toEqual([8, 9, 10, 11]);
});

test("rowhouse audit verify goes by what is there: a tail that was cut with its checkpoints is found", async () => {
  expect(await verify()).toMatchObject({ code: 0, out: expect.stringContaining("11 leaves: verified") });
  await unguarded(
    database,
    `delete from audit.events where (tenant_id, id) in (select tenant_id, event_id from audit.leaves where tenant_id = '${tenant}' and index >= 9)`,
    `delete from audit.leaves where tenant_id = '${tenant}' and index >= 9`,
    `update audit.tiles set hashes = substr(hashes, 1, 9 * 32) where tenant_id = '${tenant}'`,
    `update audit.trees set size = 9, signed_size = 9, anchored_size = 9 where tenant_id = '${tenant}'`,
    `delete from audit.checkpoints where tenant_id = '${tenant}' and size > 9`,
  );
  expect(await problemsOf(database, tenant)).toEqual([]);
  expect(await verify()).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^tail_cut: tenant .*, leaves 9 to 10: /),
  });
});

test("rowhouse audit report goes by it too, for the tree of the company and for that of the platform", async () => {
  const told = await report();
  expect(told.code).toBe(1);
  const { trees } = JSON.parse(told.out) as ReportFacts;
  expect(trees.map(({ of, problems }) => [of, problems])).toEqual([
    ["company", [expect.stringMatching(/^tail_cut: tenant .*, leaves 9 to 10: /)]],
    ["platform", []],
  ]);
  const ofNobody = `seals/chat.example/audit/${PLATFORM}/0000000000000000-1`;
  storage.objects.set(ofNobody, { bytes: Buffer.from("nothing"), encryption: null });
  expect(await report()).toMatchObject({
    code: 2,
    err: expect.stringContaining(`cannot read checkpoints of ${PLATFORM}`),
  });
  storage.objects.delete(ofNobody);
});

test("what cannot be read, or is none, is told and not passed over", async () => {
  storage.weather = { down: ["GET"] };
  expect(await verify()).toMatchObject({ code: 2, err: expect.stringContaining("cannot read checkpoints") });
  storage.weather = {};
  storage.objects.set(`seals/${origin()}/0000000000000000-9`, {
    bytes: Buffer.from("nothing"),
    encryption: null,
  });
  expect(await verify()).toMatchObject({ code: 2, err: expect.stringContaining("cannot read checkpoints") });
  const without = await rowhouse(
    ["audit", "verify", "--checkpoints", "s3"],
    folder,
    commandSettings(database),
  );
  expect(without).toMatchObject({ code: 2, err: expect.stringContaining("AUDIT_ANCHOR_S3") });
});
