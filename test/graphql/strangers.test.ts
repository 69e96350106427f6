import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { createSession } from "../support/people.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let api: GraphQLHouse;
beforeAll(async () => {
  database = await createDatabase();
  acme = await buildTenant(database, "acme");
});
afterAll(() => database.drop());
beforeEach(async () => {
  api = await startGraphQL(database);
  return () => api.close();
});

const stranger = () => ({ digest: randomBytes(32) });

describe("a credential that the door does not know", () => {
  test("costs neither parsing nor planning: what it asks for is not looked at", async () => {
    for (const query of ["{ me { id } }", "{ nothing like this", "{ unknown }", "{ __typename }"]) {
      const { status, codes, headers } = await api.ask(stranger(), query);
      expect([status, codes], query).toEqual([401, ["CREDENTIAL_UNKNOWN"]]);
      expect(headers.get("WWW-Authenticate")).toContain("invalid_token");
    }
  });

  test("is reported for the trail, once", async () => {
    await api.ask(stranger(), "{ me { id } myTenant { id } }");
    expect(api.refusals).toEqual([["RH401", "unknown"]]);
  });
});

describe("a credential that the door knows", () => {
  const taken = async (query: string): Promise<number> => {
    const before = api.connectionsTaken();
    expect((await api.ask(acme.member, query)).codes).toEqual([]);
    return api.connectionsTaken() - before;
  };

  test("costs one round trip more the first time, and none after that", async () => {
    expect(await taken("{ me { id } }")).toBe(2);
    expect(await taken("{ me { id } }")).toBe(1);
    expect(await taken("{ myTenant { id } }")).toBe(1);
  });

  test("is refused by the door itself once it is dead, and then asked about again", async () => {
    const session = await createSession(database, acme.colleague, acme.slug);
    expect((await api.ask(session, "{ me { id } }")).status).toBe(200);
    await database.admin.query(
      "update auth.sessions set ended_at = now(), end_reason = 'logout' where id = $1",
      [session.sessionId],
    );
    const planned = await api.ask(session, "{ me { id } }");
    expect([planned.status, planned.codes, planned.errors[0]!.path]).toEqual([
      401,
      ["SESSION_ENDED"],
      ["me"],
    ]);
    const unplanned = await api.ask(session, "{ nothing like this");
    expect([unplanned.status, unplanned.codes]).toEqual([401, ["SESSION_ENDED"]]);
  });
});
