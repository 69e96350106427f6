import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { blocksOf, pageAt } from "../support/documents.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { enterForSupport, type Visitor } from "../support/support.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let api: GraphQLHouse;
let acme: TenantFixture;
let visitor: Visitor;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme } = await buildTenants(database));
  api = await startGraphQL(database);
  visitor = await enterForSupport(database, "acme", { as: acme.member.email });
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const folder = join(projectRoot, "docs/organisations");
const textOf = (page: string): string => pageAt(`docs/organisations/${page}`);

/** What an owner's requests on each page say of the variables, and what they answer. */
const PAGES: Readonly<
  Record<string, { variables?: () => Record<string, string>; answers: Readonly<Record<string, unknown>> }>
> = {
  "support.md": {
    variables: () => ({ id: visitor.accessId, tenant: acme.tenantId }),
    answers: {
      WhoWasHere: {
        supportAccesses: [{ operator: "olga", reason: "Ticket 4711", isRunning: true, endReason: null }],
      },
      WhatTheyDid: { auditEvents: { nodes: [] } },
      ShowThemOut: { endSupportAccess: { supportAccess: { isRunning: false, endReason: "TENANT" } } },
      TurnSupportOff: { updateTenant: { tenant: { supportAccess: "OFF" } } },
    },
  },
  "several-companies.md": {
    answers: {
      MyCompanies: { myTenants: [{ slug: "acme", role: "admin", isOwner: true, isCurrent: true }] },
    },
  },
  "preferences.md": {
    answers: {
      WhatHolds: { myPreferences: { tone: "NEUTRAL", toneSource: "built_in", notifyAnswers: true } },
      Choose: { setMyPreferences: { preferences: { language: null, tone: "FORMAL", temperature: 0.2 } } },
      ChooseForAll: {
        setTenantDefaults: { tenantDefaults: { language: "de", model: "small-1", maxAnswerTokens: 2000 } },
      },
      TheDefaults: { tenantDefaults: { language: "de", tone: null } },
    },
  },
};

describe.each(Object.entries(PAGES))("the page %s", (page, { variables, answers }) => {
  test("asks and answers as it says, from top to bottom", async () => {
    const examples = blocksOf(textOf(page), "graphql");
    expect(examples.map((text) => /(?:query|mutation) (\w+)/.exec(text)?.[1])).toEqual(Object.keys(answers));
    for (const [place, [name, answer]] of Object.entries(answers).entries()) {
      const asked = Object.fromEntries(
        Object.entries(variables?.() ?? {}).filter(([key]) => examples[place]!.includes(`$${key}`)),
      );
      const { data, errors } = await api.ask(acme.owner, examples[place]!, asked);
      expect([name, errors]).toEqual([name, []]);
      expect(data, name).toMatchObject(answer as Record<string, unknown>);
    }
  });

  test("links to files that there are", () => {
    for (const [, link] of textOf(page).matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)) {
      expect(existsSync(join(folder, link!)), link).toBe(true);
    }
  });
});
