import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "postgraphile/graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

// The GraphQL of these pages, as an owner sends it, from top to bottom. What a call makes is what later ones mean by its
// name: `createTeam { team { id } }` gives `$team`.

let database: TestDatabase;
let api: GraphQLHouse;
let acme: TenantFixture;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme } = await buildTenants(database));
  api = await startGraphQL(database);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

test.each(["teams.md", "roles.md"])("the calls of %s do what they say", async (page) => {
  const text = readFileSync(join(projectRoot, "docs/organisations", page), "utf8");
  const calls = [...text.matchAll(/^```graphql\n(.*?)^```$/gms)].map((match) => match[1]!);
  expect(calls.length).toBeGreaterThan(3);
  const known: Record<string, string> = {
    me: acme.owner.userId,
    person: acme.colleague.userId,
    tomorrow: new Date(Date.now() + 86_400_000).toISOString(),
  };
  for (const call of calls) {
    const [operation] = parse(call).definitions;
    const wanted = operation?.kind === "OperationDefinition" ? (operation.variableDefinitions ?? []) : [];
    const variables = Object.fromEntries(
      wanted.map(({ variable: { name } }) => [name.value, known[name.value]]),
    );
    const { data, errors } = await api.ask(acme.owner, call, variables);
    expect(errors, call).toEqual([]);
    for (const [field, answer] of Object.entries<Record<string, unknown>>(data)) {
      expect(answer, `${field} of ${call}`).toBeTruthy();
      for (const [name, made] of Object.entries(answer)) {
        expect(made, `${name} of ${call}`).toBeTruthy();
        if (typeof made === "object" && made && "id" in made) known[name] = String(made.id);
      }
    }
  }
});
