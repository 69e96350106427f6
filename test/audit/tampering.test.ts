import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { makeAuditKey, treeName } from "../../src/audit/audit_key.ts";
import { signCheckpoint } from "../../src/audit/checkpoint.ts";
import { readVerifier, type Signer, writeVerifier } from "../../src/audit/note.ts";
import { installKey, ownKeys, rotateKey } from "../../src/audit/own_keys.ts";
import { masterKeys } from "../../src/auth/encryption.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { createTenant } from "../support/people.ts";
import { problemsOf, seal, unguarded, verdictOn } from "../support/sealing.ts";

const ORIGIN = "chat.example/audit";
const keys = masterKeys({ masterKey: testMasterKey, previousMasterKey: null });

let database: TestDatabase;
let tenant: string;
/** Sealed and signed in two parts, the first of FIRST leaves. */
let first: number;
let size: number;

/** Each attack has a database of its own, because none can be taken back. */
beforeEach(async () => {
  await database?.drop();
  database = await createDatabase();
  ({ tenantId: tenant } = await createTenant(database, { slug: "acme" }));
  await rename("Rockets", 300);
  await seal(database);
  first = (await verdictOn(database, tenant)).size;
  await rename("Gardens", 20);
  await seal(database);
  ({ size } = await verdictOn(database, tenant));
  expect(await problemsOf(database, tenant)).toEqual([]);
  expect(size).toBe(first + 20);
});
afterAll(() => database.drop());

/** So many events of the tenant's own. */
async function rename(name: string, times: number): Promise<void> {
  await database.admin.query(
    `do $$ begin for turn in 1 .. ${times} loop
       update app.tenants set name = '${name} ' || turn where id = '${tenant}';
     end loop; end $$`,
  );
}

const eventOf = (leaf: number): string =>
  `(select event_id from audit.leaves where tenant_id = '${tenant}' and index = ${leaf})`;
const attack = (...statements: string[]) => unguarded(database, ...statements);

describe("whoever can do anything in the database is found, and where", () => {
  test("an event that was altered, in any of its columns", async () => {
    const alterations = [
      "action = 'auth.login', table_name = null, row_key = null, row_id = null, old_row = null, new_row = null",
      "at = at + interval '1 microsecond'",
      "severity = 'low'",
      "actor_kind = 'session'",
      "actor_id = gen_random_uuid()",
      "credential_id = gen_random_uuid()",
      "impersonator_id = gen_random_uuid()",
      "request_id = 'another'",
      "ip = '192.0.2.1'",
      "user_agent = 'curl'",
      "database_role = 'rowhouse_app'",
      "transaction_id = '1'",
      "row_id = row_id || 'x'",
      "row_key = row_key || '{\"x\": 1}'",
      "new_row = jsonb_set(new_row, '{name}', '\"Other\"')",
      "new_row = new_row - 'name'",
      "old_row = old_row || '{\"x\": null}'",
      "detail = '{}'",
      "detail = 'null'",
    ];
    await attack(
      ...alterations.map((set, leaf) => `update audit.events set ${set} where id = ${eventOf(leaf + 5)}`),
    );
    // What has another time is not at its place any more.
    expect(await problemsOf(database, tenant)).toEqual(
      alterations.map((set, leaf) => [set.startsWith("at ") ? "event_missing" : "event_altered", leaf + 5]),
    );
  });

  test("names the first bad leaf, and its event", async () => {
    const { rows } = await database.admin.query(`select ${eventOf(123)} as id`);
    await attack(
      `update audit.events set actor_id = gen_random_uuid() where id in (${eventOf(250)}, ${eventOf(123)})`,
    );
    const [bad] = (await verdictOn(database, tenant)).problems;
    expect(bad).toEqual({ tenant, code: "event_altered", leaf: 123, eventId: rows[0].id });
  });

  test("an event that was dropped", async () => {
    await attack(`delete from audit.events where id = ${eventOf(7)}`);
    expect(await problemsOf(database, tenant)).toEqual([["event_missing", 7]]);
  });

  test("an event that was dropped with its leaf", async () => {
    await attack(
      `delete from audit.events where id = ${eventOf(7)}`,
      `delete from audit.leaves where tenant_id = '${tenant}' and index = 7`,
    );
    expect(await problemsOf(database, tenant)).toContainEqual(["leaf_missing", 7]);
  });

  test("an event that was dropped, and the leaves behind it moved up", async () => {
    await attack(
      `delete from audit.events where id = ${eventOf(7)}`,
      `delete from audit.leaves where tenant_id = '${tenant}' and index = 7`,
      `update audit.leaves set index = index + 1000000 where tenant_id = '${tenant}' and index > 7`,
      `update audit.leaves set index = index - 1000001 where tenant_id = '${tenant}' and index > 1000000`,
    );
    const [bad] = await problemsOf(database, tenant);
    expect(bad?.[1]).toBe(7);
  });

  test("an event that was put between, as of a transaction that is sealed", async () => {
    await attack(
      `insert into audit.events (tenant_id, action, severity, actor_kind, transaction_id, at)
       select tenant_id, 'auth.login', severity, 'system', transaction_id, at from audit.events where id = ${eventOf(50)}`,
    );
    expect(await problemsOf(database, tenant)).toEqual([["event_inserted", null]]);
  });

  test("events that changed places", async () => {
    await attack(
      `create table audit.swapped as select * from audit.leaves where tenant_id = '${tenant}' and index in (10, 20)`,
      `delete from audit.leaves where tenant_id = '${tenant}' and index in (10, 20)`,
      `insert into audit.leaves (tenant_id, index, event_id, at, salt) select tenant_id, 30 - index, event_id, at, salt from audit.swapped`,
    );
    const { problems } = await verdictOn(database, tenant);
    expect(problems.map(({ code, leaf, detail }) => [code, leaf, detail])).toEqual([
      ["event_moved", 10, "sealed as leaf 20"],
      ["event_moved", 20, "sealed as leaf 10"],
    ]);
  });

  test("a tail that was cut, with its leaves, its tiles and its size", async () => {
    const cut = [
      `delete from audit.events where (tenant_id, id) in (select tenant_id, event_id from audit.leaves where tenant_id = '${tenant}' and index >= ${first})`,
      `delete from audit.leaves where tenant_id = '${tenant}' and index >= ${first}`,
      `update audit.tiles set hashes = substr(hashes, 1, ${(first % 256) * 32}) where tenant_id = '${tenant}' and level = 0 and index = ${Math.floor(first / 256)}`,
      `update audit.trees set size = ${first}, signed_size = ${first} where tenant_id = '${tenant}'`,
    ];
    await attack(...cut);
    expect(await problemsOf(database, tenant)).toEqual([["tail_cut", first]]);
  });

  test("a tail that was cut with its checkpoint, by one that was kept elsewhere", async () => {
    const { rows } = await database.admin.query(
      "select note from audit.checkpoints where tenant_id = $1 and size = $2",
      [tenant, size],
    );
    await attack(
      `delete from audit.events where (tenant_id, id) in (select tenant_id, event_id from audit.leaves where tenant_id = '${tenant}' and index >= ${first})`,
      `delete from audit.leaves where tenant_id = '${tenant}' and index >= ${first}`,
      `update audit.tiles set hashes = substr(hashes, 1, ${(first % 256) * 32}) where tenant_id = '${tenant}' and level = 0 and index = ${Math.floor(first / 256)}`,
      `update audit.trees set size = ${first}, signed_size = ${first} where tenant_id = '${tenant}'`,
      `delete from audit.checkpoints where tenant_id = '${tenant}' and size > ${first}`,
    );
    // The database alone is whole, and says so.
    expect(await problemsOf(database, tenant)).toEqual([]);
    expect(await problemsOf(database, tenant, { keys: null, checkpoints: [rows[0].note] })).toEqual([
      ["tail_cut", first],
    ]);
  });

  test("an event that was altered with its hash, between the checkpoints around it", async () => {
    await attack(
      `update audit.events set actor_id = gen_random_uuid() where id = ${eventOf(first + 3)}`,
      rehash(first + 3),
    );
    const { problems } = await verdictOn(database, tenant);
    expect(problems).toEqual([{ tenant, code: "root_mismatch", leaf: first, lastLeaf: size - 1 }]);
  });

  test("hashes that were altered in a tile that is full", async () => {
    await attack(
      `update audit.tiles set hashes = overlay(hashes placing sha256('x') from 1 for 32)
       where tenant_id = '${tenant}' and level = 0 and index = 0`,
    );
    expect(await problemsOf(database, tenant)).toEqual(
      expect.arrayContaining([
        ["event_altered", 0],
        ["tile_altered", 0],
        ["root_mismatch", 0],
      ]),
    );
  });

  test("a salt that was exchanged", async () => {
    await attack(
      `update audit.leaves set salt = gen_random_uuid() where tenant_id = '${tenant}' and index = 9`,
    );
    expect(await problemsOf(database, tenant)).toEqual([["event_altered", 9]]);
  });
});

/** What an attacker does who knows how leaves are made: the tile says what the event now is. */
const rehash = (leaf: number): string =>
  `with sealed as materialized (
     select leaf.salt, event as whole
     from audit.leaves as leaf join audit.events as event on event.tenant_id = leaf.tenant_id and event.id = leaf.event_id
     where leaf.tenant_id = '${tenant}' and leaf.index = ${leaf}
   )
   update audit.tiles as tile set hashes = overlay(tile.hashes placing (
     select sha256('\\x00' || convert_to(E'rowhouse audit event v1\\n' || string_agg(line, '' order by line collate "C"), 'UTF8'))
     from sealed cross join lateral audit.leaf_lines(sealed.whole, sealed.salt) as line
   ) from ${(leaf % 256) * 32 + 1} for 32)
   where tile.tenant_id = '${tenant}' and tile.level = 0 and tile.index = ${Math.floor(leaf / 256)}`;

describe("keys", () => {
  const trust = async () => {
    const [newest] = await ownKeys(database.worker, keys, ORIGIN);
    return {
      keys: [readVerifier(writeVerifier({ name: ORIGIN, kind: "note", publicKey: newest.public_key }))],
    };
  };

  /** Signs everything anew with a key of the attacker's, which is in the place of ours. */
  const rekey = async (): Promise<void> => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const bare = Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url");
    const signer: Signer = { name: treeName(ORIGIN, tenant), kind: "note", publicKey: bare, privateKey };
    const { rows } = await database.admin.query<{ size: string; root: Buffer }>(
      "select size, root from audit.checkpoints where tenant_id = $1",
      [tenant],
    );
    const signed = rows.map(({ size, root }) => {
      const note = signCheckpoint({ origin: signer.name, size: Number(size), root }, signer);
      return `update audit.checkpoints set note = '${note}' where tenant_id = '${tenant}' and size = ${size}`;
    });
    await attack(
      ...signed,
      `update audit.signing_keys set public_key = '\\x${bare.toString("hex")}', id = encode(sha256('\\x${bare.toString("hex")}'), 'hex')`,
      "update audit.checkpoints set key_id = (select id from audit.signing_keys)",
    );
  };

  test("everything signed anew with another key is found by who has ours, and only by them", async () => {
    const trusted = await trust();
    expect(await problemsOf(database, tenant, trusted)).toEqual([]);
    await rekey();
    expect(await problemsOf(database, tenant)).toEqual([]);
    expect(await problemsOf(database, tenant, trusted)).toEqual([
      ["checkpoint_forged", null],
      ["checkpoint_forged", null],
      ["checkpoint_missing", null],
    ]);
  });

  test("nor does the job sign what goes on from another's signature", async () => {
    await rekey();
    await rename("More", 1);
    await expect(seal(database)).rejects.toThrow(/does not open|does not go on/);
  });

  test("the job signs no tree that was rewritten since it was signed, and says whose", async () => {
    await attack(
      `update audit.events set actor_id = gen_random_uuid() where id = ${eventOf(first + 3)}`,
      rehash(first + 3),
    );
    await rename("More", 1);
    await expect(seal(database)).rejects.toThrow(tenant);
    const { rows } = await database.admin.query(
      "select max(size)::int as signed from audit.checkpoints where tenant_id = $1",
      [tenant],
    );
    expect(rows[0].signed).toBe(size);
  });

  test("a key that ours endorses is trusted with it, and one that it does not is not", async () => {
    const trusted = await trust();
    expect(await rotateKey(database.worker, keys, ORIGIN)).toMatchObject({ number: 2 });
    await rename("More", 1);
    await seal(database);
    expect(await verdictOn(database, tenant, trusted)).toMatchObject({ signed: size + 1, problems: [] });
    // Who has only the new one takes its word; what the old one signed tells them nothing, and what the new one did covers it.
    expect(await verdictOn(database, tenant, await trust())).toMatchObject({
      signed: size + 1,
      problems: [],
    });
    await attack(
      "update audit.signing_keys set endorsement = replace(endorsement, E'\\n2\\n', E'\\n3\\n') where number = 2",
    );
    expect(await problemsOf(database, tenant, trusted)).toEqual([["checkpoint_forged", null]]);
  });

  test("two that install the next key at once install one", async () => {
    const [newest] = await ownKeys(database.worker, keys, ORIGIN);
    const made = await Promise.all(
      [1, 2, 3].map(() => installKey(database.worker, makeAuditKey(keys, ORIGIN, newest))),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
  });
});
