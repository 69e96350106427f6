import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { treeVerifier } from "../../src/audit/audit_key.ts";
import { databaseKeys } from "../../src/audit/database_tree.ts";
import { openNote, writeVerifier } from "../../src/audit/note.ts";
import { notesIn } from "../../src/audit/notes_in.ts";
import type { Outside } from "../../src/audit/take_outside.ts";
import { sealAudit } from "../../src/jobs/seal_audit.ts";
import { actors } from "../support/acting_as.ts";
import { makeFolder } from "../support/command_line.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildGo, hasGo } from "../support/go.ts";
import { jobContext } from "../support/jobs.ts";
import { createMember, createTenant, type Member } from "../support/people.ts";
import { problemsOf, seal } from "../support/sealing.ts";
import { type RunningWitness, startWitness } from "../support/witness.ts";

let database: TestDatabase;
let tenant: string;
let admin: Member;
let folder: string;
let witness: RunningWitness;

beforeAll(async () => {
  folder = makeFolder();
  database = await createDatabase();
  const made = await createTenant(database, { slug: "acme" });
  tenant = made.tenantId;
  admin = await createMember(database, { tenant: made, role: "admin" });
  witness = await startWitness(async (origin) => {
    const client = await database.admin.connect();
    try {
      const name = origin.slice(origin.lastIndexOf("/") + 1);
      return (await databaseKeys(client)).map((key) => treeVerifier(key, name));
    } finally {
      client.release();
    }
  });
  await seal(database);
});
beforeEach(async () => {
  witness.answer = null;
  await database.admin.query("update app.tenants set name = name || '.' where id = $1", [tenant]);
  await seal(database);
});
afterAll(async () => {
  await witness.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const NOWHERE: Outside = { file: null, url: null, witness: null };
const sealWith = (outside: Partial<Outside>) =>
  sealAudit(
    jobContext(database, {
      audit: { origin: "chat.example/audit", plainSyslog: false, outside: { ...NOWHERE, ...outside } },
    }),
  );
const newest = async () =>
  (
    await database.admin.query<{ note: string; cosignatures: string[]; anchored: boolean }>(
      `select note, cosignatures, anchored_size = tree.size as anchored from audit.checkpoints as signed
       join audit.trees as tree using (tenant_id) where tenant_id = $1 order by signed.size desc limit 1`,
      [tenant],
    )
  ).rows[0]!;

describe("a witness", () => {
  test("signs that a tree only grew, and its signature is kept and told with the checkpoint", async () => {
    await sealWith({ witness });
    const { note, cosignatures, anchored } = await newest();
    expect(anchored).toBe(true);
    expect(cosignatures).toHaveLength(1);
    const [opened] = openNote(note + cosignatures[0], [witness.verifier]);
    expect(Math.abs(opened!.time! - Date.now() / 1000)).toBeLessThan(60);
    const [told] = await actors(database.app)(admin).rows<{ note: string }>(
      "select app.audit_checkpoint() as note",
    );
    expect(told!.note).toBe(note + cosignatures[0]);
  });

  test("is asked with what goes on from what it saw last, and nothing where nothing grew", async () => {
    await sealWith({ witness });
    const asked = witness.asked.length;
    await sealWith({ witness });
    expect(witness.asked).toHaveLength(asked);
    await database.admin.query("update app.tenants set name = name || '.' where id = $1", [tenant]);
    await seal(database);
    await sealWith({ witness });
    expect(witness.asked.at(-1)).toMatch(/^old [1-9]/);
  });

  test("that knows better what it saw says so, and is asked again", async () => {
    witness.forget();
    await sealWith({ witness });
    expect(witness.asked.slice(-2)).toEqual([expect.stringMatching(/^old [1-9]/), "old 0"]);
    expect((await newest()).cosignatures).toHaveLength(1);
  });

  test.each([
    ["refuses", { status: 422, body: "" }, /answers 422/],
    [
      "has another's signature",
      { status: 200, body: "\u2014 witness.example/w1 AAAAAAAA\n" },
      /does not stand/,
    ],
    ["says nothing", { status: 200, body: "" }, /does not stand/],
    ["is broken", { status: 500, body: "" }, /answers 500/],
  ])(
    "that %s fails the job, after everything is sealed and signed, and is asked again",
    async (_, answer, message) => {
      witness.answer = answer;
      await expect(sealWith({ witness })).rejects.toThrow(message);
      expect(await newest()).toMatchObject({ cosignatures: [], anchored: false });
      witness.answer = null;
      await sealWith({ witness });
      expect((await newest()).anchored).toBe(true);
    },
  );

  test.skipIf(!hasGo)("has a signature that Go verifies, and misses where it is another's", async () => {
    await sealWith({ witness });
    const verify = buildGo("verify_trail");
    const { rows } = await database.admin.query(
      "select (select note from audit.checkpoints where tenant_id = $1 order by size limit 1) as older, event_id as id, tree.signed_size as size from audit.leaves join audit.trees as tree using (tenant_id) where tenant_id = $1 and index = 3",
      [tenant],
    );
    const [{ older, id, size }] = rows;
    const [answered] = await actors(database.app)(admin).rows<{
      proof: Record<string, unknown>;
      path: string[];
    }>("select to_jsonb(app.audit_proof($1)) as proof, app.audit_consistency($2, $3) as path", [
      id,
      older.split("\n")[1],
      size,
    ]);
    const proof = answered!.proof;
    const path = join(folder, "proof.json");
    writeFileSync(
      path,
      JSON.stringify({
        auditProof: { ...proof, index: String(proof.index), size: String(proof.size) },
        auditConsistency: answered!.path,
        older,
      }),
    );
    const client = await database.admin.connect();
    const [key] = await databaseKeys(client).finally(() => client.release());
    const log = writeVerifier(treeVerifier(key!, tenant));
    expect(verify("proof", path, log, writeVerifier(witness.verifier))).toMatchObject({ status: 0 });
    const other = writeVerifier({ ...witness.verifier, publicKey: key!.public_key });
    expect(verify("proof", path, log, other)).toMatchObject({
      status: 1,
      said: expect.stringContaining("REFUSED"),
    });
  });
});

describe("a place that keeps checkpoints", () => {
  test("a file has each, one after the other, and the verifier goes by it", async () => {
    const file = join(folder, "checkpoints");
    await sealWith({ file });
    await database.admin.query("update app.tenants set name = name || '.' where id = $1", [tenant]);
    await seal(database);
    await sealWith({ file });
    const notes = notesIn(readFileSync(file, "utf8"));
    expect(notes.filter((note) => note.includes(tenant))).toHaveLength(2);
    expect(notes.at(-1)).toMatch(/\n$/);
    expect(await problemsOf(database, tenant, { keys: null, checkpoints: notes })).toEqual([]);
  });

  test("an address has each posted to it; one that refuses fails the job and gets it again", async () => {
    const posted: string[] = [];
    let status = 500;
    const server = createServer(async (request, response) => {
      posted.push(await text(request));
      response.writeHead(status).end();
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/checkpoints`;
    try {
      await expect(sealWith({ url })).rejects.toThrow(/answers 500/);
      expect((await newest()).anchored).toBe(false);
      status = 204;
      await sealWith({ url });
      expect(posted).toContain((await newest()).note);
      expect((await newest()).anchored).toBe(true);
    } finally {
      server.close();
    }
  });

  test("a file that cannot be written fails the job", async () => {
    await expect(sealWith({ file: join(folder, "missing", "checkpoints") })).rejects.toThrow(
      /cannot be taken outside/,
    );
  });
});
