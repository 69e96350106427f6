import { openFetch } from "../../egress/fetch.ts";
import type { OfferedTool } from "./offered_tool.ts";
import { ToolFailure } from "./tool_failure.ts";
import { type ToolDestination, type ToolMeans, toolHeaders } from "./tool_request.ts";
import { MOST_TEXT, readText } from "./tool_text.ts";

/** Methods whose input stands in the query (RFC 9110 section 9.3). */
const WITHOUT_BODY = new Set(["GET", "DELETE"]);

/**
 * Calls a tool of an HTTP API. @returns what it answered, as text
 *
 * @throws {ToolFailure} and what `openFetch` throws
 */
export async function callHttp(
  tool: OfferedTool,
  input: unknown,
  destination: ToolDestination,
  means: ToolMeans,
  signal: AbortSignal,
): Promise<string> {
  const method = tool.method ?? "POST";
  const url = new URL(`${tool.url.replace(/\/+$/, "")}${tool.path ?? ""}`);
  const fields = Object.entries((input ?? {}) as Record<string, unknown>);
  const bare = WITHOUT_BODY.has(method);
  if (bare) for (const [name, value] of fields) addToQuery(url, name, value);
  // A little more than is read, so that what is too long is cut, and not refused.
  const go = openFetch({ ...means.reach, mostBytes: 8 * MOST_TEXT });
  const response = await go(url, {
    method,
    headers: {
      ...(await toolHeaders(means, destination)),
      Accept: "application/json, text/plain;q=0.9, text/*;q=0.8",
      ...(!bare && { "Content-Type": "application/json" }),
    },
    ...(!bare && { body: JSON.stringify(input ?? {}) }),
    signal,
  });
  const text = await readText(response);
  if (!response.ok)
    throw new ToolFailure(
      `The tool answered with the status ${response.status}. ${text.slice(0, 1_000)}`.trim(),
    );
  return text === "" ? `The tool answered with the status ${response.status} and no words.` : text;
}

function addToQuery(url: URL, name: string, value: unknown): void {
  for (const one of Array.isArray(value) ? value : [value]) {
    if (one === undefined || one === null) continue;
    url.searchParams.append(name, typeof one === "object" ? JSON.stringify(one) : String(one));
  }
}
