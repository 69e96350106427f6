import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { openFetch, RedirectRefused } from "../../egress/fetch.ts";
import { ToolFailure, toolFailureOf } from "./tool_failure.ts";
import { type ToolDestination, type ToolMeans, toolHeaders } from "./tool_request.ts";

/** A tool as a server lists it. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: unknown;
}

/** A server of the Model Context Protocol while it is talked to. */
export interface McpServer {
  /** What it offers now. */
  list(): Promise<ListedTool[]>;
  /** Calls a tool. @returns what it answered, as text @throws {ToolFailure} where it says that it failed */
  call(name: string, input: Record<string, unknown>): Promise<string>;
}

/** Bytes that a server may answer with to one request, and pages that a list may have. */
const MOST_BYTES = 1_048_576;
const MOST_PAGES = 10;

/**
 * Talks to a server of the Model Context Protocol over streamable HTTP, and takes its leave. It is asked for tools and nothing else:
 * what it wants of us (sampling, roots, elicitation) there is not.
 *
 * @throws what the protocol and the way there throw
 */
export async function withMcpServer<T>(
  destination: ToolDestination,
  means: ToolMeans,
  signal: AbortSignal,
  talk: (server: McpServer) => Promise<T>,
): Promise<T> {
  const own = await toolHeaders(means, destination);
  const go = openFetch({ ...means.reach, mostBytes: MOST_BYTES });
  const client = new Client(
    { name: "rowhouse", version: "1" },
    // A schema of the server's is not compiled here: it could be made to keep the process for ever. Its output is text to us.
    { capabilities: {}, jsonSchemaValidator: { getValidator: () => anything } },
  );
  const transport = new StreamableHTTPClientTransport(new URL(destination.url), {
    async fetch(url, init) {
      // Whatever the package may come to ask elsewhere: who asks is shown to nobody but the server.
      if (new URL(url).origin !== new URL(destination.url).origin) throw new RedirectRefused();
      return go(new URL(url), {
        ...init,
        headers: { ...Object.fromEntries(new Headers(init?.headers)), ...own },
        signal: init?.signal ? AbortSignal.any([signal, init.signal]) : signal,
      });
    },
    // Whoever does not answer is left.
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 1_000,
      maxReconnectionDelay: 1_000,
      reconnectionDelayGrowFactor: 1,
    },
  });
  const options = { signal };
  try {
    // The package's types differ from its own under exactOptionalPropertyTypes.
    await heard(client.connect(transport as Parameters<Client["connect"]>[0], options));
    return await talk({
      async list() {
        const listed: ListedTool[] = [];
        let cursor: string | undefined;
        for (let page = 0; page < MOST_PAGES; page += 1) {
          const { tools, nextCursor } = await heard(
            client.listTools(cursor === undefined ? {} : { cursor }, options),
          );
          for (const { name, description = "", inputSchema } of tools)
            listed.push({ name, description, inputSchema });
          if (nextCursor === undefined) break;
          cursor = nextCursor;
        }
        return listed;
      },
      async call(name, input) {
        const asked = client.callTool({ name, arguments: input }, undefined, options);
        const result = (await heard(asked)) as CallToolResult;
        const text = textOf(result);
        if (result.isError) throw new ToolFailure(text || "The tool says that it failed.");
        return text === "" ? "The tool answered with no words." : text;
      },
    });
  } finally {
    // A server that keeps sessions forgets this one.
    if (transport.sessionId !== undefined) await transport.terminateSession().catch(() => {});
    await client.close().catch(() => {});
  }

  /** Whatever breaks while a server is listened to is its doing, unless we let go. */
  async function heard<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      // The package has a word of its own for it.
      if (signal.aborted) throw signal.reason;
      throw (
        toolFailureOf(error) ??
        new ToolFailure("The tool's server does not answer as the protocol has it.", { cause: error })
      );
    }
  }
}

const anything = (input: unknown) => ({
  valid: true as const,
  data: input as never,
  errorMessage: undefined,
});

function textOf({ content = [], structuredContent }: CallToolResult): string {
  const said = content.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join("\n");
  return said === "" && structuredContent !== undefined ? JSON.stringify(structuredContent) : said;
}
