import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCheckpoint } from "../../src/audit/checkpoint.ts";
import { leafHash } from "../../src/audit/leaf.ts";
import { provesConsistency, provesInclusion } from "../../src/audit/merkle.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { seal } from "../support/sealing.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let api: GraphQLHouse;
let older: string;
let event: string;

/** As docs/audit/sealing.md shows it. */
const QUERY = readFileSync("docs/audit/sealing.md", "utf8").match(/```graphql\n(query Proof[^`]*)```/)![1]!;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  api = await startGraphQL(database);
  await seal(database);
  older = (await api.ask(acme.admin, "{ auditCheckpoint }")).data.auditCheckpoint;
  await database.admin.query("update app.tenants set name = 'Rockets' where id = $1", [acme.tenantId]);
  await seal(database);
  const events = await api.ask(acme.admin, "{ auditEvents(first: 1) { nodes { id } } }");
  event = events.data.auditEvents.nodes[0].id;
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const size = (note: string): number => readCheckpoint(note).size;

test("an event and the growth of the trail are proven to holders of view_audit", async () => {
  const newer = (await api.ask(acme.admin, "{ auditCheckpoint }")).data.auditCheckpoint;
  expect(size(newer)).toBe(size(older) + 1);
  const { data, codes } = await api.ask(acme.admin, QUERY, {
    event,
    older: String(size(older)),
    newer: String(size(newer)),
  });
  expect(codes).toEqual([]);
  const { auditProof: proof, auditConsistency: grew, auditCheckpoint } = data;
  expect(proof.checkpoint).toBe(auditCheckpoint);
  const hashes = (texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, "base64"));
  const { root } = readCheckpoint(proof.checkpoint);
  expect(
    provesInclusion({
      leaf: leafHash(proof.leaf),
      index: Number(proof.index),
      size: Number(proof.size),
      root,
      path: hashes(proof.path),
    }),
  ).toBe(true);
  expect(
    provesConsistency({ older: readCheckpoint(older), newer: readCheckpoint(newer), path: hashes(grew) }),
  ).toBe(true);
  expect(proof.leaf).toContain(`"id" "${event}"`);
});

test("others are refused, and a neighbour's event is none", async () => {
  const ask = `query ($event: ID!) { auditProof(eventId: $event) { leaf } }`;
  for (const person of [acme.member, acme.viewer]) {
    const { data, errors } = await api.ask(person, ask, { event });
    expect(data).toEqual({ auditProof: null });
    expect(errors.map(({ extensions }) => extensions)).toEqual([
      { code: "PERMISSION_DENIED", permission: "view_audit" },
    ]);
    expect((await api.ask(person, "{ auditCheckpoint }")).codes).toEqual(["PERMISSION_DENIED"]);
  }
  expect((await api.ask(globex.admin, ask, { event })).codes).toEqual(["NOT_FOUND"]);
  expect((await api.ask(globex.admin, ask, { event: "no id" })).codes).toEqual(["INVALID_INPUT"]);
});

test("sizes that were never signed are refused", async () => {
  const ask = `query ($older: BigInt!, $newer: BigInt!) { auditConsistency(older: $older, newer: $newer) }`;
  for (const [one, other] of [
    ["0", "1"],
    ["2", "1"],
    ["1", "99999999"],
    ["-1", "1"],
  ]) {
    expect((await api.ask(acme.admin, ask, { older: one, newer: other })).codes, `${one} ${other}`).toEqual([
      "NOT_FOUND",
    ]);
  }
  expect(
    (await api.ask(acme.admin, ask, { older: "1", newer: "x" })).data?.auditConsistency ?? null,
  ).toBeNull();
});
