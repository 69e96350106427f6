import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commitment, fieldSalt, leafHash, leafText } from "../../src/audit/leaf.ts";
import { membersOf } from "../../src/audit/members.ts";
import { growingTree, nodeHash, provesConsistency, provesInclusion, rootOf } from "../../src/audit/merkle.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createTenant } from "../support/people.ts";
import { seal, verdictOn } from "../support/sealing.ts";

describe("version 1 of the encoding", () => {
  const salt = "6f1c2d9e-51d3-4c1a-9a55-0f6f3a3c7a10";
  const event = {
    salt,
    fields: {
      tenant_id: '"01a21a63-0000-7000-8000-000000000001"',
      id: '"01a21a63-6279-7808-b499-758fa39e000f"',
      at: '"2026-11-27T00:11:00.123456Z"',
      transaction_id: "760",
      action: '"auth.login"',
      severity: '"informational"',
      actor_kind: '"session"',
      database_role: '"rowhouse_app"',
      ip: '"192.0.2.7"',
      "detail.méthode": '["pwd"]',
    },
  };

  // Whoever changes this makes every leaf that was ever sealed another one: it takes a version 2.
  test("makes this of this event, to the byte", () => {
    expect(leafText(event)).toBe(
      [
        "rowhouse audit event v1",
        '"action" "auth.login"',
        '"actor_kind" "session"',
        '"at" "2026-11-27T00:11:00.123456Z"',
        '"database_role" "rowhouse_app"',
        `"detail.méthode" ${commitment(fieldSalt(salt, "detail.méthode"), '["pwd"]')}`,
        '"id" "01a21a63-6279-7808-b499-758fa39e000f"',
        `"ip" ${commitment(fieldSalt(salt, "ip"), '"192.0.2.7"')}`,
        '"severity" "informational"',
        '"tenant_id" "01a21a63-0000-7000-8000-000000000001"',
        '"transaction_id" 760',
        "",
      ].join("\n"),
    );
    expect(leafHash(leafText(event)).toString("hex")).toBe(
      "633be4d60e00c765067232960ccc9d3fbd5caa007cf0d77a0e9e484b3eced322",
    );
  });

  test("does not care for the order of fields", () => {
    const reversed = Object.fromEntries(Object.entries(event.fields).reverse());
    expect(leafText({ salt, fields: reversed })).toBe(leafText(event));
  });

  test("is the same with the salts of the fields in place of the event's, and with a commitment in place of a value", () => {
    const { ip: _, ...rest } = event.fields;
    expect(
      leafText({
        salt: null,
        fields: rest,
        salts: { "detail.méthode": fieldSalt(salt, "detail.méthode") },
        commitments: { ip: commitment(fieldSalt(salt, "ip"), '"192.0.2.7"') },
      }),
    ).toBe(leafText(event));
  });
});

describe("what the database makes of an event", () => {
  let database: TestDatabase;
  let tenant: string;
  beforeAll(async () => {
    database = await createDatabase();
    ({ tenantId: tenant } = await createTenant(database, { slug: "acme" }));
  });
  afterAll(() => database.drop());

  test("is what we make of it, whatever it holds", async () => {
    const odd = 'A "B" \\ / <&> ü 🚀 \u0001\b\f\n\r\t\u007f\u2028 \uff21';
    const details: unknown[] = [
      null,
      {},
      [],
      "a text",
      12.5,
      { [odd]: odd, "": "empty", "a.b": { b: [1, { c: null }], a: true } },
      { "{": '}"', "[": '\\"]', ",": ",", ":": ": " },
    ];
    await database.admin.query(
      `insert into audit.events (tenant_id, action, severity, actor_kind, user_agent, request_id, ip, detail)
       select $1, 'auth.login', 'low', 'system', $2, $2, '2001:db8::/32', detail from unnest($3::jsonb[]) as detail`,
      [tenant, odd, details.map((one) => JSON.stringify(one))],
    );
    await database.admin.query(
      `insert into audit.events (tenant_id, action, severity, actor_kind, detail)
       values ($1, 'auth.login', 'low', 'system', '{"n": 1.50, "big": 123456789012345678901234567890.10, "exp": 1e400, "neg": -0.0}')`,
      [tenant],
    );
    // Equal as numbers, and not as they are written; there and not; null and not there.
    await database.admin.query(
      `insert into audit.events (tenant_id, action, severity, table_name, row_key, row_id, actor_kind, old_row, new_row)
       values ($1, 'update', 'low', 'app.x', '{}', '', 'system', '{"n": 1.0, "a": null, "c": {"y": 1, "x": 2}, "d": 1}', '{"n": 1.00, "b": null, "c": {"x": 2, "y": 1}, "d": 2}'),
         ($1, 'update', 'low', 'app.x', '[]', '', 'system', '{}', '{"row.a": 1}'),
         ($1, 'update', 'low', 'app.x', '[]', '', 'system', '[]', '"text"')`,
      [tenant],
    );
    await seal(database);
    expect(await verdictOn(database, tenant)).toMatchObject({ waiting: 0, problems: [] });
  });

  test("is the same in another time zone, style of dates and locale, and with members in another order", async () => {
    const client = await database.admin.connect();
    try {
      const leaves = async (...settings: string[]): Promise<string[]> => {
        await client.query("begin");
        for (const setting of settings) await client.query(`set local ${setting}`);
        const { rows } = await client.query<{ text: string }>(
          `with sealed as materialized (
             select leaf.index, leaf.salt, event as whole
             from audit.leaves as leaf
             join audit.events as event on event.tenant_id = leaf.tenant_id and event.id = leaf.event_id
             where leaf.tenant_id = $1
           )
           select string_agg(line, '' order by line collate "C") as text
           from sealed cross join lateral audit.leaf_lines(sealed.whole, sealed.salt) as line
           group by sealed.index order by sealed.index`,
          [tenant],
        );
        await client.query("rollback");
        return rows.map(({ text }) => text);
      };
      const plain = await leaves();
      expect(plain.length).toBeGreaterThan(8);
      const elsewhere = [
        "timezone = 'Pacific/Kiritimati'",
        "datestyle = 'SQL, DMY'",
        "intervalstyle = 'sql_standard'",
        "extra_float_digits = -15",
        "bytea_output = 'escape'",
        "xmlbinary = 'hex'",
      ];
      expect(await leaves(...elsewhere)).toEqual(plain);
      const { rows } = await client.query(
        `select '{"b": 1, "aa": {"d": 2, "c": 3}}'::jsonb::text = '{"aa": {"c": 3, "d": 2}, "b": 1}'::jsonb::text as same`,
      );
      expect(rows).toEqual([{ same: true }]);
    } finally {
      client.release();
    }
  });
});

test("members of an object are cut out as they stand", () => {
  const text = String.raw`{"a": 1.50, "b\"": {"x": "}", "y": [1, "]"]}, "": null, "é": "\\", "z": [], "t": true}`;
  expect(membersOf(text)).toEqual([
    ["a", "1.50"],
    ['b"', '{"x": "}", "y": [1, "]"]}'],
    ["", "null"],
    ["é", String.raw`"\\"`],
    ["z", "[]"],
    ["t", "true"],
  ]);
  expect(membersOf("{}")).toEqual([]);
});

describe("trees", () => {
  const leaves = (count: number): Buffer[] => Array.from({ length: count }, (_, n) => leafHash(`leaf ${n}`));
  /** RFC 6962 section 2.1, as it is written. */
  const root = (hashes: readonly Buffer[]): Buffer => {
    if (hashes.length === 1) return hashes[0]!;
    const half = 2 ** Math.floor(Math.log2(hashes.length - 1));
    return nodeHash(root(hashes.slice(0, half)), root(hashes.slice(half)));
  };

  test("have the root of RFC 6962 at every size", () => {
    const all = leaves(300);
    const tree = growingTree();
    for (const [place, leaf] of all.entries()) {
      tree.append(leaf);
      expect(tree.root().equals(root(all.slice(0, place + 1)))).toBe(true);
    }
    expect(rootOf(all).equals(root(all))).toBe(true);
  });

  test("the database's paths prove what they should, and nothing else", async () => {
    const database = await createDatabase();
    try {
      const tenant = "11111111-1111-7111-8111-111111111111";
      const size = 700;
      const all = leaves(size);
      const client = await database.admin.connect();
      await client.query("begin");
      await client.query("select audit.begin_work('sealing')");
      for (let done = 0; done < size; done += 97) {
        await client.query("select audit.append_leaves($1, $2)", [
          tenant,
          Buffer.concat(all.slice(done, done + 97)),
        ]);
      }
      const path = async (name: string, one: number, other: number): Promise<Buffer[]> =>
        (await client.query(`select audit.${name}_path($1, $2, $3) as path`, [tenant, one, other])).rows[0]
          .path;
      const sizes = fc.integer({ min: 1, max: size });
      await fc.assert(
        fc.asyncProperty(sizes, sizes, fc.nat(), async (one, other, turn) => {
          const [older, newer] = [Math.min(one, other), Math.max(one, other)];
          const [smaller, larger] = [root(all.slice(0, older)), root(all.slice(0, newer))];
          const grew = await path("consistency", older, newer);
          const given = {
            older: { size: older, root: smaller },
            newer: { size: newer, root: larger },
            path: grew,
          };
          expect(provesConsistency(given)).toBe(true);
          expect(provesConsistency({ ...given, older: { size: older, root: larger } })).toBe(older === newer);
          expect(provesConsistency({ ...given, path: [...grew, larger] })).toBe(false);
          if (grew.length > 0) expect(provesConsistency({ ...given, path: grew.slice(1) })).toBe(false);

          const index = turn % newer;
          const inside = {
            leaf: all[index]!,
            index,
            size: newer,
            root: larger,
            path: await path("inclusion", index, newer),
          };
          expect(provesInclusion(inside)).toBe(true);
          expect(provesInclusion({ ...inside, index: newer })).toBe(false);
          expect(provesInclusion({ ...inside, path: [...inside.path, larger] })).toBe(false);
          if (newer > 1) {
            expect(provesInclusion({ ...inside, index: (index + 1) % newer })).toBe(false);
            expect(provesInclusion({ ...inside, path: inside.path.slice(1) })).toBe(false);
          }
        }),
        { numRuns: 200 },
      );
      await client.query("rollback");
      client.release();
    } finally {
      await database.drop();
    }
  });
});
