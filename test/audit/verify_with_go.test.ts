import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expireAudit } from "../../src/jobs/expire_audit.ts";
import { actors } from "../support/acting_as.ts";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { buildGo, hasGo } from "../support/go.ts";
import { jobContext } from "../support/jobs.ts";
import { forgetPowers, happened, monthsAgo } from "../support/old_events.ts";
import { createMember, createTenant, type Tenant } from "../support/people.ts";
import { seal, unguarded } from "../support/sealing.ts";

/** An implementation that is not ours: Go's packages for signed notes and transparency logs. */
describe.skipIf(!hasGo)("Go's sumdb/note and sumdb/tlog", () => {
  let database: TestDatabase;
  let tenant: Tenant;
  let folder: string;
  let key: string;
  let verify: ReturnType<typeof buildGo>;
  /** What GraphQL answers about one event. */
  let proof: { auditProof: Record<string, unknown>; auditConsistency: string[]; older: string };

  const file = (name: string): string => join(folder, name);
  const run = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await rowhouse(["audit", ...args], folder, commandSettings(database));
    expect({ code, err }).toEqual({ code: 0, err: expect.not.stringContaining("rowhouse:") });
    return out;
  };
  const rename = (name: string, times: number) =>
    database.admin.query(
      `do $$ begin for turn in 1 .. ${times} loop update app.tenants set name = '${name} ' || turn where id = '${tenant.tenantId}'; end loop; end $$`,
    );

  beforeAll(async () => {
    verify = buildGo("verify_trail");
    folder = makeFolder();
    database = await createDatabase();
    tenant = await createTenant(database, { slug: "acme" });
    const admin = await createMember(database, { tenant, role: "admin" });
    // Names and values that writers of JSON write in several ways.
    const odd = 'A "B" \\ / <&> ü 🚀 \u0001\b\f\n\r\t\u007f\u2028 Ａ';
    await database.admin.query(
      "insert into audit.events (tenant_id, action, severity, actor_kind, user_agent, detail) values ($1, 'auth.login', 'low', 'system', $2, $3)",
      [
        tenant.tenantId,
        odd,
        JSON.stringify({ [odd]: [odd, 12.5, { b: 1, a: null }], long: "12345678901234567890.10", "": true }),
      ],
    );
    await rename("Rockets", 700);
    await seal(database);
    const older = await run("checkpoint", "acme");
    await rename("Gardens", 90);
    await seal(database);
    key = (await run("key", "--tenant", "acme")).trim();
    await run("export", "acme", file("trail.jsonl"));
    await run("export", "acme", file("tiles"), "--tiles");

    const [event] = await actors(database.app)(admin).rows<{ id: string }>(
      "select id from app.audit_events where table_name = 'app.tenants' order by at offset 400 limit 1",
    );
    const [answered] = await actors(database.app)(admin).rows<{
      proof: Record<string, unknown>;
      path: string[];
    }>(
      "select to_jsonb(app.audit_proof($1)) as proof, app.audit_consistency($2, (app.audit_proof($1)).size) as path",
      [event!.id, older.split("\n")[1]],
    );
    const { index, size, ...rest } = answered!.proof;
    proof = {
      auditProof: { ...rest, index: String(index), size: String(size) },
      auditConsistency: answered!.path,
      older,
    };
    writeFileSync(file("proof.json"), JSON.stringify(proof));
  });
  afterAll(async () => {
    await database?.drop();
    if (folder) rmSync(folder, { recursive: true });
  });

  test("verify an export, its checkpoint and each of its leaves", () => {
    expect(verify("export", file("trail.jsonl"), key)).toEqual({
      status: 0,
      said: expect.stringMatching(/^OK: \d{3} leaves of an export\n$/),
    });
  });

  test("verify the tiles and entries of a folder", () => {
    expect(verify("tiles", file("tiles"), key)).toEqual({
      status: 0,
      said: expect.stringMatching(/^OK: \d{3} entries of tiles\n$/),
    });
  });

  test("verify the inclusion and the consistency that GraphQL proves", () => {
    expect(verify("proof", file("proof.json"), key)).toEqual({
      status: 0,
      said: expect.stringMatching(/^OK: leaf \d{3} of \d{3}, which goes on from \d{3}\n$/),
    });
  });

  test("verify an export of which the oldest events are over, and miss the one that says so", async () => {
    const other = await createTenant(database, { slug: "globex" });
    await forgetPowers(database, other.tenantId);
    await database.admin.query("select audit.create_partition($1)", [monthsAgo(17)]);
    await unguarded(
      database,
      `update audit.events set at = '${monthsAgo(17)}'::timestamp at time zone 'UTC' where tenant_id = '${other.tenantId}'`,
    );
    await happened(database, other.tenantId, 16, 300);
    await seal(database);
    await database.admin.query("select audit.drop_before($1, $2, 'Too old')", [other.tenantId, monthsAgo(1)]);
    await seal(database);
    while (Number((await expireAudit(jobContext(database))).removed) > 0) await seal(database);
    await database.admin.query("update app.tenants set name = 'Later' where id = $1", [other.tenantId]);
    await seal(database);
    await run("export", "globex", file("expired.jsonl"));
    await run("export", "globex", file("expired"), "--tiles");
    const verifier = (await run("key", "--tenant", "globex")).trim();
    expect(verify("export", file("expired.jsonl"), verifier)).toEqual({
      status: 0,
      said: expect.stringMatching(/^OK: 310 leaves of an export, 308 of them expired\n$/),
    });
    expect(verify("tiles", file("expired"), verifier)).toEqual({
      status: 0,
      said: "OK: 2 entries of tiles, and 308 that are not there\n",
    });
    const text = readFileSync(file("expired.jsonl"), "utf8");
    for (const [name, less] of [
      ["without", text.replace(/\n[^\n]*audit\.expired[^\n]*\n/, "\n")],
      ["altered", text.replace('"detail.expired":"308"', '"detail.expired":"309"')],
      ["cut", text.replace(/\n[^\n]*Later[^\n]*\n/, "\n")],
    ] as const) {
      expect(less, name).not.toBe(text);
      writeFileSync(file(`expired-${name}`), less);
      expect(verify("export", file(`expired-${name}`), verifier), name).toEqual({
        status: 1,
        said: expect.stringMatching(/^REFUSED: /),
      });
    }
  });

  describe("refuse", () => {
    const altered = (of: string, name: string, change: (text: string) => string): string => {
      const text = readFileSync(file(of), "utf8");
      const other = change(text);
      expect(other).not.toBe(text);
      writeFileSync(file(name), other);
      return file(name);
    };
    const refused = (...args: string[]) =>
      expect(verify(...args), args.join(" ")).toEqual({
        status: 1,
        said: expect.stringMatching(/^REFUSED: /),
      });

    test("an export in which a value, an order or a leaf is another", () => {
      refused(
        "export",
        altered("trail.jsonl", "a", (text) => text.replace("Rockets 300", "Rockets 301")),
        key,
      );
      refused(
        "export",
        altered("trail.jsonl", "b", (text) =>
          text.replace('"actor_kind":"\\"system\\""', '"actor_kind":"\\"session\\""'),
        ),
        key,
      );
      refused(
        "export",
        altered("trail.jsonl", "c", (text) => text.replace(/\n\{"index":50,.*\n/, "\n")),
        key,
      );
      refused(
        "export",
        altered("trail.jsonl", "d", (text) => text.replace(/\n\{"index":(\d+),[^\n]*\n$/, "\n")),
        key,
      );
      refused(
        "export",
        altered("trail.jsonl", "e", (text) =>
          text.replace(/("index":50,[^\n]*)\n([^\n]*"index":51,[^\n]*)/, "$2\n$1"),
        ),
        key,
      );
    });

    test("a checkpoint of another size, root, name or key", () => {
      const checkpoint = readFileSync(join(folder, "tiles/checkpoint"), "utf8");
      const [name, size, root, ...rest] = checkpoint.split("\n");
      const others = [
        [`${name}x`, size, root, ...rest],
        [name, String(Number(size) - 1), root, ...rest],
        [name, size, Buffer.alloc(32, 7).toString("base64"), ...rest],
      ];
      for (const [place, lines] of others.entries()) {
        const copy = file(`tiles-${place}`);
        cpSync(file("tiles"), copy, { recursive: true });
        writeFileSync(join(copy, "checkpoint"), lines.join("\n"));
        refused("tiles", copy, key);
      }
      refused(
        "tiles",
        file("tiles"),
        key.replace(/.$/, (last) => (last === "=" ? "A" : "=")),
      );
    });

    test("tiles in which one bit is another", () => {
      for (const path of ["tile/0/000", "tile/entries/001"]) {
        const copy = file(`tiles-${path.replaceAll("/", "-")}`);
        cpSync(file("tiles"), copy, { recursive: true });
        const bytes = readFileSync(join(copy, path));
        bytes[100] = bytes[100]! ^ 1;
        writeFileSync(join(copy, path), bytes);
        refused("tiles", copy, key);
      }
    });

    test("proofs of another leaf, another place, or with another hash", () => {
      const { auditProof: good } = proof;
      const path = good.path as string[];
      const others: object[] = [
        { ...good, leaf: (good.leaf as string).replace("update", "delete") },
        { ...good, index: String(Number(good.index) + 1) },
        { ...good, path: path.slice(1) },
        { ...good, path: [path[1], path[0], ...path.slice(2)] },
      ];
      for (const auditProof of others) {
        writeFileSync(file("bad.json"), JSON.stringify({ ...proof, auditProof }));
        refused("proof", file("bad.json"), key);
      }
      for (const auditConsistency of [proof.auditConsistency.slice(1), proof.auditConsistency.toReversed()]) {
        writeFileSync(file("bad.json"), JSON.stringify({ ...proof, auditConsistency }));
        refused("proof", file("bad.json"), key);
      }
    });
  });
});
