import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { secretKey } from "../support/openai.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

// Whoever lost the answer to an upload sends the file again, with the same Idempotency-Key, and it is kept once.

let database: TestDatabase;
let server: TestServer;
let acme: TenantFixture;
let globex: TenantFixture;
let member: Record<string, string>;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  server = await startTestServer(database);
  member = await keyOf(acme.member);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const keyOf = async (who: TenantFixture["member"]) => ({
  Authorization: `Bearer ${await secretKey(database, who)}`,
});
const send = (key: string, { content = "Tea is at four.", query = "name=tea.md", as = member } = {}) =>
  server.request("POST", `/documents?${query}`, {
    body: content,
    headers: { ...as, "Content-Type": "text/markdown", "Idempotency-Key": key },
  });
const kept = async () =>
  (
    await database.admin.query(
      `select (select count(*)::int from app.documents) as documents, (select count(*)::int from app.document_versions) as versions`,
    )
  ).rows[0];
const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code];

describe("a file that is sent twice with one Idempotency-Key", () => {
  test("is kept once, and answered the same", async () => {
    const key = randomUUID();
    const { documents, versions } = await kept();
    const first = await send(key);
    const second = await send(key);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("Location")).toBe(first.headers.get("Location"));
    expect([first, second].map(({ headers }) => headers.get("Idempotency-Replayed"))).toEqual([null, "true"]);
    expect(await kept()).toEqual({ documents: documents + 1, versions: versions + 1 });
  });

  test("is kept once also where both come at the same time", async () => {
    const key = randomUUID();
    const { documents, versions } = await kept();
    const all = await Promise.all(Array.from({ length: 4 }, () => send(key)));
    const made = new Set(all.flatMap(({ status, body }) => (status === 201 ? [body.document.id] : [])));
    expect(made.size).toBe(1);
    for (const answer of all.filter(({ status }) => status !== 201)) {
      expect(codeOf(answer)).toEqual([409, expect.stringMatching(/^idempotency_(in_progress|replayed)$/)]);
    }
    expect(await kept()).toEqual({ documents: documents + 1, versions: versions + 1 });
  });

  test.each([
    ["other bytes", { content: "Tea is at five." }],
    ["another name", { query: "name=coffee.md" }],
    ["another field", { query: "name=tea.md&language=de" }],
  ])("is refused with %s, and nothing is kept", async (_, other) => {
    const key = randomUUID();
    await send(key);
    const before = await kept();
    expect(codeOf(await send(key, other))).toEqual([422, "idempotency_key_reused"]);
    expect(await kept()).toEqual(before);
  });

  test("is not shown to another credential of the same person, nor kept again", async () => {
    const key = randomUUID();
    await send(key);
    const before = await kept();
    expect(codeOf(await send(key, { as: await keyOf(acme.member) }))).toEqual([409, "idempotency_replayed"]);
    expect(await kept()).toEqual(before);
  });

  test("is two files where two people send it", async () => {
    const key = randomUUID();
    const first = await send(key);
    const second = await send(key, { as: await keyOf(globex.member) });
    expect(second.status).toBe(201);
    expect(second.body.document.id).not.toBe(first.body.document.id);
  });

  test("is kept the second time where it was refused the first", async () => {
    const key = randomUUID();
    const forAll = { query: "name=tea.md&visibility=tenant" };
    const before = await kept();
    expect(codeOf(await send(key, forAll))).toEqual([403, "permission_denied"]);
    expect(await kept()).toEqual(before);
    expect((await send(key)).status).toBe(201);
  });
});

test("a key that is none is refused before anything is received", async () => {
  const before = await kept();
  expect(codeOf(await send("two words"))).toEqual([400, "idempotency_key_invalid"]);
  expect(await kept()).toEqual(before);
});
