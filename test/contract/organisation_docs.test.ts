import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "postgraphile/graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { type Code, statusesOf } from "../../src/http/codes.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { blocksOf, pageAt } from "../support/documents.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { routersSource } from "../support/routers.ts";
import { buildTenant, buildTenants, type TenantFixture } from "../support/tenants.ts";

const folder = join(projectRoot, "docs/organisations");
const pageOf = (page: string): string => pageAt(`docs/organisations/${page}`);

describe.each(readdirSync(folder).filter((file) => file.endsWith(".md")))("the page %s", (page) => {
  test("names codes that there are, with the status that they have", () => {
    for (const [, status, codes] of pageOf(page).matchAll(/^\| (?:`.+` )?\| (\d{3}) \| (.*) \|$/gm)) {
      const named = [...codes!.matchAll(/\[`(\w+)`\]\(\.\.\/errors\/(\w+)\.md\)/g)];
      expect(named.length).toBeGreaterThan(0);
      for (const [, code, file] of named) {
        expect(file).toBe(code);
        expect(statusesOf(code as Code), code).toContain(Number(status));
      }
    }
  });

  test("names calls that the server has", () => {
    for (const [, method, path] of pageOf(page).matchAll(/\b(GET|POST) (\/auth\/[a-z/_-]*[a-z])/g)) {
      expect(routersSource, `${method} ${path}`).toContain(`.${method!.toLowerCase()}("${path}"`);
    }
  });
});

describe("the examples of people.md", () => {
  let database: TestDatabase;
  let api: GraphQLHouse;
  let acme: TenantFixture;
  beforeAll(async () => {
    database = await createDatabase();
    acme = await buildTenant(database, "acme");
    api = await startGraphQL(database);
  });
  afterAll(async () => {
    await api.close();
    await database.drop();
  });

  test("do what the page says, one after the other", async () => {
    const examples = blocksOf(pageOf("people.md"), "graphql");
    const variables: Record<string, string> = {
      address: "guest@example.com",
      another: "another@example.com",
      teamId: acme.owner.teamId,
      roleId: acme.roleIds.member,
      domain: "acme-shop.example",
      text: acme.member.name,
      memberId: acme.member.membershipId,
    };
    const seen: string[] = [];
    for (const query of examples) {
      const name = /^(?:query|mutation) (\w+)/.exec(query)![1]!;
      if (name === "Transfer") variables.memberId = acme.colleague.membershipId;
      const caller = name === "Leave" ? acme.viewer : acme.owner;
      const given = [...query.matchAll(/\$(\w+):/g)].map(([, key]) => [key!, variables[key!]]);
      const { data, errors } = await api.ask(caller, query, Object.fromEntries(given));
      expect(errors, name).toEqual([]);
      seen.push(name);
      if (name === "Invite") variables.invitationId = data.inviteMember.invitation.id;
      if (name === "AddDomain") variables.domainId = data.addDomain.domain.id;
      if (name === "InviteToTeam") {
        expect(data.inviteMember.invitation.teams.nodes).toEqual([
          { role: "MEMBER", team: { name: "Everybody" } },
        ]);
      }
      if (name === "Invitations") expect(data.invitations.nodes).toHaveLength(3);
      if (name === "Resend") expect(data.resendInvitation.invitation.timesSent).toBe(2);
      if (name === "Revoke") expect(data.revokeInvitation.invitation.status).toBe("REVOKED");
      if (name === "VerifyDomain") expect(data.verifyDomain.domain.checkRequestedAt).not.toBeNull();
      if (name === "Domains") expect(data.domains.nodes).toHaveLength(2);
      if (name === "Search") expect(data.searchMembers).toHaveLength(2);
      if (name === "Suspend") expect(data.suspendMember.membership.status).toBe("SUSPENDED");
      if (name === "Remove") expect(data.removeMember.membership.status).toBe("REMOVED");
      if (name === "Leave") expect(data.leaveTenant.membership.status).toBe("REMOVED");
      if (name === "Transfer") {
        expect(data.transferOwnership.membership).toMatchObject({ isOwner: true, role: { name: "admin" } });
      }
    }
    expect(seen).toHaveLength(16);
  });

  test("a member in the wrong state is not found, and a missing argument is said", async () => {
    const wrong = await api.ask(
      acme.owner,
      `mutation { reactivateMember(input: {id: "${acme.admin.membershipId}"}) { membership { id } } }`,
    );
    // The owner of the examples handed the company over, but is an administrator still.
    expect(wrong.codes).toEqual(["NOT_FOUND"]);
    const missing = await api.ask(acme.owner, "mutation { inviteMember(input: {}) { invitation { id } } }");
    expect(missing.codes).toContain("INVALID_QUERY");
  });
});

// From top to bottom, as an owner sends it. What a call makes is what later ones mean by its name: `createTeam { team { id } }`
// gives `$team`.
describe("the examples of teams and roles", () => {
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
    const calls = blocksOf(pageOf(page), "graphql");
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
});
