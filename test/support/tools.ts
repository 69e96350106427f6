import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { createLocalJWKSet, type JWTPayload, jwtVerify } from "jose";
import type pg from "pg";
import type { TestServer } from "./server.ts";

/** A call, as a tool saw it. */
export interface ToolRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Whether the caller hung up before the end. */
  readonly hungUp: Promise<boolean>;
}

/** A company's own HTTP API, on this machine. */
export interface ToolApi {
  readonly url: string;
  readonly requests: ToolRequest[];
  /** What it answers. */
  answer: (request: ToolRequest, response: ServerResponse) => unknown;
  close(): Promise<void>;
}

export async function startToolApi(): Promise<ToolApi> {
  const requests: ToolRequest[] = [];
  const { url, close } = await listening(async (incoming, response) => {
    const request = {
      method: incoming.method ?? "",
      url: incoming.url ?? "",
      headers: incoming.headers,
      body: await bodyOf(incoming),
      hungUp: once(response, "close").then(() => !response.writableFinished),
    };
    requests.push(request);
    await api.answer(request, response);
  });
  const api: ToolApi = {
    url,
    requests,
    answer: (_, response) => say(response, { answer: "It is 4 o'clock." }),
    close,
  };
  return api;
}

export const say = (response: ServerResponse, value: unknown, status = 200): void =>
  void response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));

/** A tool of an MCP server, as a test says it is. */
export interface McpTool {
  name: string;
  description: string;
  inputSchema: { type: "object"; [keyword: string]: unknown };
}

/** A server of the Model Context Protocol, of the package of its authors, on this machine. */
export interface McpHouse {
  /** Where it is asked. */
  readonly url: string;
  tools: McpTool[];
  readonly called: { readonly name: string; readonly input: unknown }[];
  /** Of each request over HTTP. */
  readonly headers: IncomingHttpHeaders[];
  answer: (name: string, input: unknown) => string | Promise<string>;
  close(): Promise<void>;
}

export async function startMcpHouse(): Promise<McpHouse> {
  const { url, close } = await listening(async (incoming, response) => {
    house.headers.push(incoming.headers);
    const body = await bodyOf(incoming);
    const server = new Server({ name: "house", version: "1" }, { capabilities: { tools: {} } });
    server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: house.tools }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
      house.called.push({ name: params.name, input: params.arguments });
      return { content: [{ type: "text", text: await house.answer(params.name, params.arguments) }] };
    });
    // Without sessions: each request has a server of its own.
    const transport = new StreamableHTTPServerTransport({});
    await server.connect(transport as Parameters<Server["connect"]>[0]);
    await transport.handleRequest(incoming, response, body === "" ? undefined : JSON.parse(body));
  });
  const house: McpHouse = {
    url: `${url}/mcp`,
    tools: [],
    called: [],
    headers: [],
    answer: (name) => `${name} did it.`,
    close,
  };
  return house;
}

async function listening(
  handle: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** What a tool believes of whoever asks: as a company would check it, by the public keys. */
export async function identityIn(
  server: Pick<TestServer, "get" | "config">,
  headers: IncomingHttpHeaders,
  audience: string,
): Promise<JWTPayload & { typ?: string | undefined }> {
  const keys = createLocalJWKSet((await server.get("/.well-known/jwks.json")).body);
  const { payload, protectedHeader } = await jwtVerify(String(headers["x-rowhouse-identity"]), keys, {
    issuer: server.config.publicUrl,
    audience,
  });
  return { ...payload, typ: protectedHeader.typ };
}

export interface GivenTool {
  readonly url: string;
  readonly server?: string;
  readonly teamId?: string;
  readonly name?: string;
  readonly description?: string;
  readonly inputSchema?: object;
  readonly method?: string;
  readonly path?: string;
  readonly approval?: "always" | "never";
}

const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

/** Adds a tool of an HTTP API, with its server, to a company. */
export async function addTool(
  admin: pg.Pool,
  tenantId: string,
  given: GivenTool,
): Promise<{ toolId: string; serverId: string }> {
  const server = await admin.query<{ id: string }>(
    `insert into app.tool_servers (tenant_id, kind, name, url, team_id) values ($1, 'http', $2, $3, $4)
     on conflict (tenant_id, name) do update set active = true returning id`,
    [tenantId, given.server ?? "clock", given.url, given.teamId ?? null],
  );
  const serverId = server.rows[0]!.id;
  const tool = await admin.query<{ id: string }>(
    `insert into app.tools (tenant_id, server_id, name, description, input_schema, method, path, approval)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
    [
      tenantId,
      serverId,
      given.name ?? "time_in",
      given.description ?? "Tells the time in a city.",
      JSON.stringify(given.inputSchema ?? SCHEMA),
      given.method ?? "POST",
      given.path ?? "/time",
      given.approval ?? "never",
    ],
  );
  return { toolId: tool.rows[0]!.id, serverId };
}
