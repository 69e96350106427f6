import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";
import { addTool } from "../support/tools.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
});
beforeEach(async () => {
  await database.admin.query("delete from app.tool_servers");
  await database.admin.query("update auth.sessions set authenticated_at = now()");
});
afterAll(() => database.drop());

const ADD_SERVER =
  "insert into app.tool_servers (kind, name, url, team_id) values ($1, $2, $3, $4) returning id";
const server = (given: { kind?: string; name?: string; url?: string; team?: string | null } = {}) => [
  given.kind ?? "http",
  given.name ?? "shop",
  given.url ?? "https://api.acme.example/v1",
  given.team ?? null,
];
const ADD_TOOL = `insert into app.tools (server_id, name, description, input_schema, method, path, approval)
  values ($1, $2, 'Orders.', $3, $4, $5, $6) returning id, approved, fingerprint`;
const tool = (
  serverId: string,
  given: {
    name?: string;
    schema?: string;
    method?: string | null;
    path?: string | null;
    approval?: string;
  } = {},
) => [
  serverId,
  given.name ?? "order",
  given.schema ?? '{"type": "object"}',
  given.method === undefined ? "POST" : given.method,
  given.path === undefined ? "/orders" : given.path,
  given.approval ?? "always",
];
const state = async () =>
  (
    await database.admin.query(
      `select to_jsonb(server) as row from app.tool_servers as server
       union all select to_jsonb(tool) from app.tools as tool
       union all select to_jsonb(secret) from auth.tool_secrets as secret order by 1`,
    )
  ).rows;

async function refuses(
  actor: Parameters<ReturnType<typeof actors>>[0],
  sql: string,
  values: unknown[],
  code: string,
  detail?: string,
): Promise<void> {
  const before = await state();
  await actingAs(actor).expect(sql, values).toBeRefused(code, detail);
  expect(await state()).toEqual(before);
}
const added = async (given: Parameters<typeof server>[0] = {}) =>
  (await actingAs(acme.admin).rows<{ id: string }>(ADD_SERVER, server(given)))[0]!.id;
const SECRET = "select context.keep_tool_secret($1, gen_random_uuid(), $2, $3)";
const age = () =>
  database.admin.query("update auth.sessions set authenticated_at = now() - interval '11 minutes'");

describe("tools are the business of whoever holds configure_model", () => {
  test("who adds servers and tools, which the trail has without their addresses", async () => {
    const id = await added();
    const [made] = await actingAs(acme.admin).rows<{ approved: boolean }>(ADD_TOOL, tool(id));
    expect(made).toMatchObject({ approved: true });
    const { rows } = await database.admin.query(
      "select new_row from audit.events where tenant_id = $1 and table_name in ('app.tool_servers', 'app.tools') order by at, id",
      [acme.tenantId],
    );
    expect(JSON.stringify(rows)).not.toMatch(/acme\.example|Orders\./);
    expect(rows.length).toBeGreaterThanOrEqual(2);
  });

  test("and nobody else sees, adds, changes or removes one", async () => {
    const id = await added();
    await actingAs(acme.admin).rows(ADD_TOOL, tool(id));
    for (const person of [acme.member, acme.viewer]) {
      expect(await actingAs(person).rows("select from app.tool_servers")).toEqual([]);
      expect(await actingAs(person).rows("select from app.tools")).toEqual([]);
      await refuses(person, ADD_SERVER, server({ name: "own" }), "RH403", "configure_model");
      await refuses(person, ADD_TOOL, tool(id, { name: "own" }), "RH403", "configure_model");
      await refuses(person, "update app.tools set approval = 'never'", [], "RH403", "configure_model");
      await refuses(person, "delete from app.tool_servers", [], "RH403", "configure_model");
      await refuses(person, SECRET, [id, "X-Key", "sealed"], "RH403", "configure_model");
      await refuses(person, "select context.approve_tool($1, '')", [id], "RH403", "configure_model");
      await refuses(person, "select context.tool_server_to_ask($1)", [id], "RH403", "configure_model");
      await refuses(person, "select context.keep_listed_tools($1, '[]')", [id], "RH403", "configure_model");
    }
  });

  test("nor somebody next door, who learns of none", async () => {
    const id = await added();
    const { toolId } = await addTool(database.admin, acme.tenantId, {
      url: "https://api.acme.example",
      server: "shop",
    });
    const before = await state();
    expect(await actingAs(globex.admin).rows("select from app.tool_servers")).toEqual([]);
    expect(await actingAs(globex.admin).rows("update app.tools set active = false returning id")).toEqual([]);
    expect(await actingAs(globex.admin).rows("delete from app.tool_servers returning id")).toEqual([]);
    expect(await state()).toEqual(before);
    await refuses(globex.admin, ADD_TOOL, tool(id), "RH404");
    await refuses(globex.admin, SECRET, [id, "X-Key", "sealed"], "RH404");
    await refuses(globex.admin, "select context.approve_tool($1, '')", [toolId], "RH404");
    await refuses(globex.admin, "select context.keep_listed_tools($1, '[]')", [id], "RH404");
    // A name that is taken next door is free here.
    expect(await actingAs(globex.admin).rows(ADD_SERVER, server())).toHaveLength(1);
  });

  test("members see of those that are for them name, description and whether they are asked", async () => {
    await addTool(database.admin, acme.tenantId, { url: "https://api.acme.example", approval: "always" });
    await addTool(database.admin, acme.tenantId, { url: "https://off.acme.example", server: "off" });
    await database.admin.query("update app.tool_servers set active = false where name = 'off'");
    await addTool(database.admin, globex.tenantId, { url: "https://api.globex.example" });
    const mine = await actingAs(acme.member).rows("select name, description, approval from app.my_tools()");
    expect(mine).toEqual([
      { name: "clock_time_in", description: "Tells the time in a city.", approval: "always" },
    ]);
    const whole = await actingAs(acme.member).rows("select context.tools_of_caller() as tools");
    expect(JSON.stringify(whole)).not.toMatch(/acme\.example|path|secret|sealed/);
    await actingAs(acme.viewer).expect("select app.my_tools()", []).toBeRefused("RH403", "chat");
    await actingAs(acme.member).expect("select context.offered_tools()", []).toBeRefused("42501");
  });
});

describe("what a session that was left open cannot do", () => {
  test("is to add a server, switch one on, give it to others, set a secret, or have nobody asked", async () => {
    const id = await added();
    const [{ id: toolId } = { id: "" }] = await actingAs(acme.admin).rows<{ id: string }>(ADD_TOOL, tool(id));
    await actingAs(acme.admin).rows("update app.tool_servers set active = false");
    await age();
    await refuses(acme.admin, ADD_SERVER, server({ name: "other" }), "RH440");
    await refuses(acme.admin, "update app.tool_servers set active = true", [], "RH440");
    await refuses(acme.admin, "update app.tool_servers set team_id = $1", [acme.admin.teamId], "RH440");
    await refuses(acme.admin, SECRET, [id, "X-Key", "sealed"], "RH440");
    await refuses(acme.admin, ADD_TOOL, tool(id, { name: "other", approval: "never" }), "RH440");
    await refuses(acme.admin, "update app.tools set approval = 'never'", [], "RH440");
    await refuses(acme.admin, "select context.approve_tool($1, '')", [toolId], "RH440");
    // Less is always free.
    expect(await actingAs(acme.admin).rows("update app.tools set active = false returning id")).toHaveLength(
      1,
    );
  });
});

describe("limits", () => {
  test("are twenty servers and fifty tools, exactly, also for two at once", async () => {
    const id = await added();
    await database.admin.query(
      "insert into app.tool_servers (tenant_id, kind, name, url) select $1, 'http', 's' || n, 'https://x.example' from generate_series(1, 18) as n",
      [acme.tenantId],
    );
    const both = await Promise.allSettled(
      ["a", "b"].map((name) => actingAs(acme.admin).rows(ADD_SERVER, server({ name }))),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await refuses(acme.admin, ADD_SERVER, server({ name: "c" }), "RH480");
    await database.admin.query(
      `insert into app.tools (tenant_id, server_id, name, description, input_schema, method, path)
       select $1, $2, 't' || n, 'X', '{"type": "object"}', 'GET', '' from generate_series(1, 50) as n`,
      [acme.tenantId, id],
    );
    await refuses(acme.admin, ADD_TOOL, tool(id), "RH480");
  });

  test.each([
    ["http://tools.example"],
    ["https://user:secret@tools.example"],
    ["https://tools.example/?a=b"],
    ["https://tools.example/#a"],
    ["ftp://tools.example"],
    ["https://tools.example/ "],
    [`https://tools.example/${"x".repeat(500)}`],
  ])("an address is none like %s", async (url) => refuses(acme.admin, ADD_SERVER, server({ url }), "23514"));

  test.each(["", "UPPER", "a_b", "-a", "a-", "x".repeat(21)])("nor a server's name %j", async (name) =>
    refuses(acme.admin, ADD_SERVER, server({ name }), "23514"),
  );

  test.each([
    [{ name: "a.b" }],
    [{ name: "" }],
    [{ schema: "[]" }],
    [{ schema: '{"type": "string"}' }],
    [{ schema: "{}" }],
    [{ schema: `{"type": "object", "description": "${"x".repeat(17_000)}"}` }],
    [{ path: "/../admin" }],
    [{ path: "/a/.." }],
    [{ path: "/a?b" }],
    [{ path: "a" }],
    [{ method: "TRACE" }],
    [{ approval: "perhaps" }],
  ])("nor a tool that is %j", async (given) => {
    const id = await added();
    await refuses(acme.admin, ADD_TOOL, tool(id, given), "23514");
  });

  test.each([
    "Host",
    "Cookie",
    "Content-Length",
    "X-Rowhouse-Identity",
    "Transfer-Encoding",
    "Proxy-Authorization",
    "a b",
    "x:y",
    "",
  ])("nor a header %j", async (header) => {
    const id = await added();
    await refuses(acme.admin, SECRET, [id, header, "sealed"], "23514");
  });
});

describe("what an MCP server says of its tools", () => {
  test("nobody writes in its place", async () => {
    const id = await added({ kind: "mcp", name: "crm" });
    await actingAs(acme.admin).rows("select context.keep_listed_tools($1, $2)", [
      id,
      JSON.stringify([{ name: "find", description: "Finds.", inputSchema: { type: "object" } }]),
    ]);
    const listed = "select id, approved, fingerprint from app.tools";
    const [one] = await actingAs(acme.admin).rows<{ id: string; fingerprint: string }>(listed);
    expect(one).toMatchObject({ approved: false });
    await refuses(acme.admin, ADD_TOOL, tool(id), "RH400");
    await refuses(acme.admin, ADD_TOOL, tool(id, { method: null, path: null }), "RH400");
    await refuses(acme.admin, "update app.tools set description = 'Finds more.'", [], "RH400");
    await refuses(
      acme.admin,
      `update app.tools set input_schema = '{"type": "object", "x": 1}'`,
      [],
      "RH400",
    );
    await refuses(acme.admin, "update app.tools set method = 'GET', path = ''", [], "RH400");
    await refuses(acme.admin, "update app.tools set approved_fingerprint = fingerprint", [], "42501");
    await refuses(acme.admin, "select context.approve_tool($1, $2)", [one!.id, "0".repeat(64)], "RH462");
    await actingAs(acme.admin).rows("select context.approve_tool($1, $2)", [one!.id, one!.fingerprint]);
    expect(await actingAs(acme.admin).rows(listed)).toMatchObject([{ approved: true }]);
  });

  test("and one of an HTTP API is not listed", async () => {
    const id = await added();
    await refuses(acme.admin, "select context.keep_listed_tools($1, '[]')", [id], "RH404");
    await refuses(acme.admin, ADD_TOOL, tool(id, { method: null, path: null }), "RH400");
  });
});

test("a team's tools go with the team, and become nobody else's", async () => {
  const { rows } = await database.admin.query(
    "insert into app.teams (tenant_id, name) values ($1, 'Short-lived') returning id",
    [acme.tenantId],
  );
  await added({ team: rows[0].id });
  await refuses(acme.admin, ADD_SERVER, server({ name: "next", team: globex.admin.teamId }), "23503");
  await database.admin.query("delete from app.teams where id = $1", [rows[0].id]);
  expect(await state()).toEqual([]);
});

test("those who turn the pages of the catalogue find no secret", async () => {
  const id = await added();
  await actingAs(acme.admin).rows(SECRET, [id, "X-Key", "sealed"]);
  for (const table of ["auth.tool_secrets", "auth.tool_approvals"])
    await actingAs(acme.owner).expect(`select * from ${table}`, []).toBeRefused("42501");
  await actingAs(acme.admin).rows("select context.keep_tool_secret($1, gen_random_uuid(), null, null)", [id]);
  const { rows } = await database.admin.query("select from auth.tool_secrets");
  expect(rows).toEqual([]);
});
