import { get } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keyVerifier } from "../../src/audit/audit_key.ts";
import { databaseKeys } from "../../src/audit/database_tree.ts";
import type { Verifier } from "../../src/audit/note.ts";
import { type Chat, type Headers, startChat } from "../support/chatting.ts";
import { exported, problemsIn } from "../support/exporting.ts";
import { createMember } from "../support/people.ts";
import { seal } from "../support/sealing.ts";

let chat: Chat;
let admin: Headers;
let member: Headers;
let stranger: Headers;
let keys: Verifier[];

beforeAll(async () => {
  chat = await startChat(null);
  admin = await chat.headersOf(chat.acme.admin);
  member = await chat.headersOf(chat.acme.member);
  stranger = await chat.headersOf(chat.globex.admin);
  await rename(600);
  await sealed();
  const client = await chat.database.admin.connect();
  keys = (await databaseKeys(client)).map(keyVerifier);
  client.release();
});
afterAll(() => chat.close());

async function sealed(): Promise<void> {
  await seal(chat.database);
  await seal(chat.database);
}
const rename = (times: number) =>
  chat.database.admin.query(
    `do $$ begin for turn in 1 .. ${times} loop update app.tenants set name = 'Rockets ' || turn where id = '${chat.acme.tenantId}'; end loop; end $$`,
  );
const take = (headers: Headers, query = "", method = "GET") =>
  fetch(`${chat.server.url}/audit/export${query}`, { headers, method });
const text = async (query: string, headers = admin): Promise<string> => (await take(headers, query)).text();
const events = async () =>
  (
    await chat.database.admin.query(
      "select tenant_id, actor_id, detail from audit.events where action = 'audit.exported' order by at, id",
    )
  ).rows;

describe("the sealed trail is taken along", () => {
  test.each(["jsonl", "csv", "ocsf"] as const)("as %s, and verifies", async (format) => {
    const answer = await take(admin, `?format=${format}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Disposition")).toMatch(
      /^attachment; filename="audit-\d{4}-\d\d-\d\d\./,
    );
    expect(answer.headers.get("Content-Type")).toMatch(
      format === "csv" ? /^text\/csv/ : /^application\/jsonl/,
    );
    const body = await answer.text();
    const size = answer.headers.get("Audit-Size");
    // Meanwhile the trail has grown.
    await rename(1);
    await sealed();
    const proof = format === "jsonl" ? undefined : await text(`?format=proof&size=${size}`);
    expect(await problemsIn(body, keys, proof)).toEqual([]);
    expect((await text(`?format=${format}&size=${size}`)).trimEnd()).toBe(body.trimEnd());
  });

  test("as the command writes it, byte for byte", async () => {
    const tenant = chat.acme.tenantId;
    const at = new Date().toISOString();
    for (const format of ["jsonl", "csv", "ocsf", "proof"] as const) {
      expect(await text(`?format=${format}`), format).toBe(await exported(chat.database, tenant, format));
    }
    const to = at.replace("Z", "000Z");
    expect(await text(`?format=ocsf&to=${at}`)).toBe(await exported(chat.database, tenant, "ocsf", { to }));
    expect(await text(`?format=csv&from=${at}`)).toBe(
      await exported(chat.database, tenant, "csv", { from: to }),
    );
  });

  test("and goes on behind the last index that somebody has", async () => {
    const whole = await take(admin, "?format=ocsf");
    const size = whole.headers.get("Audit-Size")!;
    const lines = (await whole.text()).split("\n");
    const { sequence } = JSON.parse(lines[299]!).metadata;
    expect(sequence).toBe(299);
    await rename(3);
    await sealed();
    const rest = await text(`?format=ocsf&after=${sequence}&size=${size}`);
    expect([...lines.slice(0, 300), ...rest.split("\n")]).toEqual(lines);
    const newer = (await text(`?format=ocsf&after=${sequence}`)).trimEnd().split("\n");
    expect(newer.length).toBeGreaterThan(rest.trimEnd().split("\n").length);
    expect(await text(`?format=ocsf&after=${10 ** 9}`)).toBe("");
  });

  test("by whoever holds view_audit, and holds their own company's only", async () => {
    const own = (await text("?format=ocsf"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(own.map(({ metadata }) => metadata.tenant_uid))).toEqual(new Set([chat.acme.tenantId]));
    const theirs = (await text("?format=ocsf", stranger))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(theirs.map(({ metadata }) => metadata.tenant_uid))).toEqual(
      new Set([chat.globex.tenantId]),
    );
    const before = await events();
    for (const format of ["jsonl", "csv", "ocsf", "proof"]) {
      expect(await (await take(member, `?format=${format}`)).json()).toMatchObject({
        status: 403,
        code: "permission_denied",
      });
    }
    expect((await take({})).status).toBe(401);
    for (const query of [
      "?format=xml",
      "?after=x",
      "?after=-2",
      "?from=yesterday",
      "?to=2026-11-27T10:00",
      "?size=-1",
      "?format=csv&format=ocsf",
    ]) {
      expect(await (await take(admin, query)).json(), query).toMatchObject({
        status: 400,
        code: "invalid_input",
      });
    }
    // No checkpoint of ours is of that size, whatever another company's is of.
    expect(await (await take(admin, "?size=1")).json()).toMatchObject({ status: 404, code: "not_found" });
    expect(await events()).toEqual(before);
  });

  test("and the trail says who took what before the first byte; of a header nothing", async () => {
    const before = await events();
    const head = await take(admin, "?format=csv", "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(await events()).toEqual(before);
    // The answer's head is here, and nobody has read on.
    const broken = await new Promise<{ statusCode?: number | undefined }>((done) => {
      const asking = get(
        `${chat.server.url}/audit/export?format=csv&after=9`,
        { headers: admin },
        (answer) => {
          done(answer);
          asking.destroy();
        },
      );
      asking.on("error", () => {});
    });
    expect(broken.statusCode).toBe(200);
    const size = Number(head.headers.get("Audit-Size"));
    expect((await events()).slice(before.length)).toEqual([
      {
        tenant_id: chat.acme.tenantId,
        actor_id: chat.acme.admin.userId,
        detail: { format: "csv", size, first: 10, last: size - 1, events: size - 10 },
      },
    ]);
  });

  test("and who loses view_audit meanwhile gets no more of it", async () => {
    await chat.database.admin.query(
      "insert into app.roles (tenant_id, name, permissions) values ($1, 'auditor', '{view_audit}')",
      [chat.acme.tenantId],
    );
    const auditor = await createMember(chat.database, { tenant: chat.acme, role: "auditor" });
    const { actors } = await import("../support/acting_as.ts");
    const ask = "select index from audit.exported_leaves(0, 3, null, null)";
    expect(await actors(chat.database.app)(auditor).rows(ask)).toHaveLength(4);
    await chat.database.admin.query("update app.roles set permissions = '{}' where name = 'auditor'");
    for (const sql of [
      ask,
      "select audit.exported_tile(0)",
      "select audit.begin_export('csv', null, -1, null, null)",
    ]) {
      await actors(chat.database.app)(auditor).expect(sql).toBeRefused("RH403", "view_audit");
    }
  });
});

test("a trail of tens of thousands of events is sent in pieces of the same size, whoever reads them", async () => {
  await chat.database.admin.query(
    `insert into audit.events (tenant_id, action, severity, detail, actor_kind)
     select $1, 'support.read', 'medium', jsonb_build_object('n', n), 'system' from generate_series(1, 20000) as n`,
    [chat.acme.tenantId],
  );
  await sealed();
  const answer = await take(admin, "?format=jsonl");
  let [events, held, most] = [0, "", 0];
  const decoder = new TextDecoder();
  for await (const piece of answer.body!) {
    most = Math.max(most, piece.length);
    const lines = (held + decoder.decode(piece, { stream: true })).split("\n");
    held = lines.pop()!;
    events += lines.filter((line) => line.startsWith('{"index":')).length;
  }
  expect(events).toBe(Number(answer.headers.get("Audit-Size")));
  expect(events).toBeGreaterThan(20_000);
  // What the server has in hand is a tile's events, and not the trail.
  expect(most).toBeLessThan(2 ** 20);
});
