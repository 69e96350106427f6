import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { masterKeys } from "../../../src/auth/encryption.ts";
import { openSigningKeys } from "../../../src/auth/signing_keys.ts";
import { callHttp } from "../../../src/chat/tools/call_http.ts";
import { withMcpServer } from "../../../src/chat/tools/mcp_server.ts";
import type { OfferedTool } from "../../../src/chat/tools/offered_tool.ts";
import { toolFailureOf } from "../../../src/chat/tools/tool_failure.ts";
import type { ToolMeans } from "../../../src/chat/tools/tool_request.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../../support/database.ts";
import { say, startToolApi, type ToolApi } from "../../support/tools.ts";

let database: TestDatabase;
let api: ToolApi;
let asked: string[] = [];
let means: (names?: Readonly<Record<string, readonly string[]>>, more?: Partial<ToolMeans>) => ToolMeans;

beforeAll(async () => {
  database = await createDatabase();
  api = await startToolApi();
  const keys = masterKeys({ masterKey: testMasterKey, previousMasterKey: null });
  const signing = await openSigningKeys(database.auth, keys, "EdDSA", {} as never);
  means = (names = {}, more = {}) => ({
    authority: { keys: signing, issuer: "https://chat.rowhouse.test" },
    keys,
    reach: {
      internal: false,
      ports: [443],
      resolve: async (name) => {
        asked.push(name);
        return (names[name] ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
      },
    },
    ...more,
  });
});
beforeEach(() => {
  asked = [];
  api.requests.length = 0;
  api.answer = (_, response) => say(response, {});
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const caller = { subject: "s", tenantId: "t", tenant: "acme" };
const tool = (url: string): OfferedTool => ({
  id: "i",
  name: "a_b",
  remoteName: "b",
  description: "B",
  inputSchema: { type: "object" },
  approval: "never",
  fingerprint: "f",
  kind: "http",
  url,
  method: "POST",
  path: "/b",
  secret: null,
});
const failure = async (url: string, given: ToolMeans) => {
  const destination = { caller, url, secret: null, tool: "b" };
  const http = await callHttp(tool(url), {}, destination, given, new AbortController().signal).catch(
    toolFailureOf,
  );
  const mcp = await withMcpServer(destination, given, AbortSignal.timeout(2_000), (server) =>
    server.list(),
  ).catch(toolFailureOf);
  return [(http as Error).message, (mcp as Error).message];
};
const REFUSED = "The tool is at an address that is not called.";

test.each([
  ["https://127.0.0.1"],
  ["https://2130706433"],
  ["https://0x7f.1"],
  ["https://[::1]"],
  ["https://[::ffff:127.0.0.1]"],
  ["https://169.254.169.254"],
  ["https://10.0.0.7"],
  ["http://tools.example"],
  ["https://tools.example:8443"],
])("%s is not called", async (url) => {
  expect(await failure(url, means({ "tools.example": ["93.184.216.34"] }))).toEqual([REFUSED, REFUSED]);
});

test("a name that leads inside, or inside too, is not called", async () => {
  const names = { "inside.example": ["10.0.0.7"], "both.example": ["93.184.216.34", "127.0.0.1"] };
  for (const name of Object.keys(names))
    expect(await failure(`https://${name}`, means(names))).toEqual([REFUSED, REFUSED]);
  expect(await failure("https://nowhere.example", means(names))).toEqual([REFUSED, REFUSED]);
});

test("a name that leads inside the second time it is asked for (rebinding) is not asked for a second time", async () => {
  const answers = ["192.88.98.1", "127.0.0.1"];
  const rebinding = means(
    {},
    {
      reach: {
        internal: false,
        ports: [443],
        resolve: async (name) => {
          asked.push(name);
          return [{ address: answers[Math.min(asked.length - 1, 1)]!, family: 4 }];
        },
      },
    },
  );
  const destination = { caller, url: "https://rebinding.example", secret: null, tool: "b" };
  const call = () =>
    callHttp(tool(destination.url), {}, destination, rebinding, AbortSignal.timeout(300)).catch(
      toolFailureOf,
    );
  expect(((await call()) as Error).message).not.toBe(REFUSED);
  expect(asked).toEqual(["rebinding.example"]);
  // The next call looks again, and finds it inside.
  expect(((await call()) as Error).message).toBe(REFUSED);
  expect(api.requests).toEqual([]);
});

test("a redirect is not followed, inside or at home, and nobody is shown the identity there", async () => {
  for (const to of ["http://169.254.169.254/latest/meta-data/", `${api.url}/elsewhere`, "//other.example/"]) {
    api.requests.length = 0;
    api.answer = (_, response) => void response.writeHead(302, { Location: to }).end();
    const inside = means({}, { reach: { internal: true, ports: [443] } });
    const said = await failure(api.url, inside);
    expect(said).toEqual(Array(2).fill("The tool leads to another address, which is not followed."));
    expect(api.requests.map(({ url }) => url)).toEqual(["/b", "/"]);
  }
});

test("what stands in a path or an input leads nowhere else", async () => {
  const inside = means({}, { reach: { internal: true, ports: [443] } });
  const destination = { caller, url: `${api.url}/v1/`, secret: null, tool: "b" };
  const given = { ...tool(destination.url), method: "GET", path: "/b" };
  const input = {
    q: "../../admin?x=1#y",
    "a&b": "c=d",
    list: [1, { two: true }],
    none: null,
    url: "http://169.254.169.254/",
  };
  await callHttp(given, input, destination, inside, new AbortController().signal);
  const { pathname, searchParams } = new URL(api.requests[0]!.url, api.url);
  expect(pathname).toBe("/v1/b");
  expect([...searchParams]).toEqual([
    ["q", "../../admin?x=1#y"],
    ["a&b", "c=d"],
    ["list", "1"],
    ["list", '{"two":true}'],
    ["url", "http://169.254.169.254/"],
  ]);
});

test("a tool that says nothing is left when its time is over", async () => {
  api.answer = () => {};
  const inside = means({}, { reach: { internal: true, ports: [443] } });
  const destination = { caller, url: api.url, secret: null };
  const error = await callHttp(tool(api.url), {}, destination, inside, AbortSignal.timeout(50)).catch(
    toolFailureOf,
  );
  expect((error as Error).message).toBe("The tool took too long and was left.");
});
