import { readFileSync } from "node:fs";
import { buildSchema } from "postgraphile/graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statusOf } from "../../src/http/codes.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { inputPlaces } from "../support/schema_walk.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let api: GraphQLHouse;
beforeAll(async () => {
  database = await createDatabase();
  acme = await buildTenant(database, "acme");
  api = await startGraphQL(database);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const values: Readonly<Record<string, unknown>> = {
  null: null,
  "an empty object": {},
  "an empty list": [],
  "a list of null": [null],
  "an object of null": { equalTo: null },
  "an empty text": "",
  "a text": "rubbish",
  "a number": 7,
  true: true,
};
const places = inputPlaces(buildSchema(readFileSync("schema.graphql", "utf8")));

/** What is wrong with the answers to each value in this place. */
async function failures(place: (typeof places)[number], value: unknown): Promise<string[]> {
  const found: string[] = [];
  for (const how of ["literal", "variable"] as const) {
    const { query, variables } = place.request(value, how);
    const { status, codes, text } = await api.ask(acme.admin, query, variables);
    const ours = codes.every((code) => statusOf(code) !== undefined && code !== "INTERNAL_ERROR");
    if (status >= 500 || !ours) found.push(`${place.name}, ${how}: ${status} ${text} (${query})`);
  }
  return found;
}

describe("in each of the places that take input, a client's fault is the client's:", () => {
  test.each(Object.entries(values))("%s", { timeout: 300_000 }, async (_name, value) => {
    expect(places.length).toBeGreaterThan(100);
    const found: string[] = [];
    for (let n = 0; n < places.length; n += 8) {
      const some = places.slice(n, n + 8).map((place) => failures(place, value));
      found.push(...(await Promise.all(some)).flat());
    }
    expect(found).toEqual([]);
  });

  test("a filter of nothing is no filter; a null within one is refused, where it stands", async () => {
    const ask = (filter: string) =>
      api.ask(acme.member, `{ memberships(filter: ${filter}) { nodes { id } } }`);
    // The administrator is signed out by now: among the places that take input is revokeAllSessions.
    const all = (await api.ask(acme.member, "{ memberships { nodes { id } } }")).data.memberships;
    for (const filter of ["null", "{}", "{roleId: {}}"]) {
      expect((await ask(filter)).data.memberships, filter).toEqual(all);
    }
    for (const [filter, field] of [
      ["{roleId: null}", "roleId"],
      ["{roleId: {equalTo: null}}", "equalTo"],
    ] as const) {
      const { codes, errors } = await ask(filter);
      expect(codes, filter).toEqual(["INVALID_INPUT"]);
      expect(errors[0]!.extensions).toMatchObject({ field, rule: "not_null" });
    }
    const events = await api.ask(acme.member, "{ auditEvents(filter: {record: null}) { nodes { id } } }");
    expect(events.codes).toEqual(["INVALID_INPUT"]);
    expect(events.errors[0]!.extensions).toMatchObject({ field: "record", rule: "not_null" });
  });
});
