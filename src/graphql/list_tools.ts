import type pg from "pg";
import { type ListedTool, withMcpServer } from "../chat/tools/mcp_server.ts";
import type { SealedToolSecret, ToolCaller } from "../chat/tools/offered_tool.ts";
import { toolFailureOf } from "../chat/tools/tool_failure.ts";
import type { ToolMeans } from "../chat/tools/tool_request.ts";
import type { Caller } from "../database/caller.ts";
import { askInDoor } from "../database/door.ts";
import { refusal } from "./refusal.ts";

/** An MCP server of the caller's company, as context.tool_server_to_ask() hands it out. */
interface ServerToAsk {
  readonly url: string;
  readonly secret: SealedToolSecret | null;
  readonly identity: ToolCaller;
}

/** Milliseconds in which a server says what it offers. */
const PATIENCE = 10_000;
/** Tools of one list that are looked at. */
const MOST = 100;

/**
 * Asks an MCP server what it offers, for whoever configures the model: who may, the database says before anybody is asked.
 *
 * @throws {pg.DatabaseError} RH403, RH404
 * @throws {GraphQLError} TOOL_SERVER_FAILED
 */
export async function listTools(
  { pool, means }: { readonly pool: pg.Pool; readonly means: ToolMeans | null },
  caller: Caller | undefined,
  id: string,
): Promise<ListedTool[]> {
  const { rows } = await askInDoor(pool, caller && looking(caller), {
    name: "tool_server_to_ask",
    text: "select context.tool_server_to_ask($1) as server",
    values: [id],
  });
  if (means === null)
    throw refusal(
      "TOOL_SERVER_FAILED",
      "Access tokens are signed with a secret here, so no tool could check who asks.",
    );
  const { url, secret, identity } = rows[0]!.server as ServerToAsk;
  const destination = { caller: identity, url, secret };
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const listed = await withMcpServer(destination, means, signal, (server) => server.list());
    // What PostgreSQL cannot hold is no tool of ours.
    return listed.slice(0, MOST).filter((tool) => isStorable(JSON.stringify(tool)));
  } catch (error) {
    const failure = toolFailureOf(error);
    if (!failure) throw error;
    throw refusal("TOOL_SERVER_FAILED", failure.message);
  }
}

/** The same caller, who changes nothing yet: what a request changes once, it changes when the list is kept. */
const looking = ({ facts: { idempotency: _, ...facts }, ...caller }: Caller): Caller => ({
  ...caller,
  facts,
});

const isStorable = (json: string): boolean => json.isWellFormed() && !/\\u(0000|d[89a-f])/i.test(json);
