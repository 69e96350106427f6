import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createTenant, type Member, type Tenant } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let acme: Tenant;
let member: Member;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  acme = await createTenant(database, { slug: "acme" });
  member = await createMember(database, { tenant: acme, role: "member" });
  folder = makeFolder();
});
afterAll(async () => {
  await server.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) => rowhouse(args, folder, { ...commandSettings(database), HOME: folder });
const support = (...args: string[]) => run("support", ...args);
const ask = (credential: string, query: string) =>
  server.post("/graphql", { query }, { Authorization: `Bearer ${credential}` });
const listed = async (...args: string[]) =>
  JSON.parse((await support("list", "--format", "json", ...args)).out) as Record<string, unknown>[];

describe("support enter", () => {
  test("opens the door as a member, for GraphQL and psql, until it is ended", async () => {
    const entered = await support(
      "enter",
      "acme",
      "--reason",
      "Ticket 1",
      "--as",
      member.email,
      "--operator",
      "olga",
    );
    expect(entered).toMatchObject({ code: 0, out: expect.stringMatching(/^rh_su_[\w-]{43}\n$/) });
    expect(entered.err).toMatch(/you are in acme as .* to look, until .*; its owners are told/);
    const credential = entered.out.trim();
    expect((await ask(credential, "{ me { id } myPermissions }")).body.data).toEqual({
      me: { id: member.userId },
      myPermissions: ["chat", "read_documents"],
    });
    const refused = await ask(
      credential,
      `mutation { createConversation(input: {conversation: {title: "Hello"}}) { conversation { id } } }`,
    );
    expect(refused.body.errors[0].extensions.code).toBe("SUPPORT_READ_ONLY");
    for (const path of ["/auth/session", "/auth/account/export"]) {
      expect(
        (await server.get(path, { Authorization: `Bearer ${credential}` })).status,
      ).toBeGreaterThanOrEqual(401);
    }

    writeFileSync(join(folder, "support.key"), credential);
    const inside = await run(
      "psql",
      "--credential",
      "support.key",
      "--",
      "-At",
      "-c",
      "select context.claims() ->> 'kind'",
    );
    expect(inside).toMatchObject({ code: 0, out: expect.stringContaining("support") });

    const [access] = await listed("--running");
    expect(access).toMatchObject({
      tenant_slug: "acme",
      member: member.email,
      operator: "olga",
      reason: "Ticket 1",
    });
    expect((await support("list")).out).toContain("Ticket 1");
    expect(await support("end", String(access!.id))).toMatchObject({ code: 0, out: "ended\n" });
    expect(await support("end", String(access!.id))).toMatchObject({ code: 1 });
    const out = await ask(credential, "{ me { id } }");
    expect([out.status, out.body.errors?.[0]?.extensions.code]).toEqual([401, "SUPPORT_ENDED"]);
    expect(await listed("--running")).toEqual([]);
  });

  test("is told why it was not let in", async () => {
    const enter = (...more: string[]) => support("enter", "acme", "--reason", "Ticket 2", ...more);
    expect(await support("enter", "nowhere", "--reason", "Ticket 2")).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("no such company"),
    });
    expect((await enter("--write")).err).toContain("look only");
    expect((await enter("--as", "nobody@example.com")).err).toContain("no active member");
    await database.admin.query("update app.tenants set support_access = 'off'");
    expect((await enter()).err).toContain("lets no support in");
    await database.admin.query("update app.tenants set support_access = 'read'");
  });

  test("is misused without a reason, a company or an end", async () => {
    for (const [args, says] of [
      [["enter", "acme"], "--reason"],
      [["enter", "--reason", "x"], "one company"],
      [["enter", "acme", "--reason", "x", "--minutes", "481"], "from 1 to 480"],
      [["end", "acme"], "one id"],
      [["leave"], 'cannot "leave"'],
      [[], "wants one of"],
    ] as [string[], string][]) {
      const misused = await support(...args);
      expect([misused.code, misused.out], args.join(" ")).toEqual([2, ""]);
      expect(misused.err).toContain(says);
    }
  });
});
