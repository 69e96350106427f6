import type OpenAI from "openai";

/** A tool that the model may have called for whoever asks, as context.offered_tools() tells of it. */
export interface OfferedTool {
  readonly id: string;
  /** What the model calls it: its server's name, _ and its own. */
  readonly name: string;
  /** What its server calls it. */
  readonly remoteName: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly approval: "always" | "never";
  /** Of all that it is. */
  readonly fingerprint: string;
  readonly kind: "http" | "mcp";
  /** Of its server. */
  readonly url: string;
  /** Of a tool of an HTTP API. */
  readonly method: string | null;
  readonly path: string | null;
  readonly secret: SealedToolSecret | null;
}

/** With what a server knows the company: the key of its row, a header, and the envelope of its value. */
export interface SealedToolSecret {
  readonly id: string;
  readonly header: string;
  readonly sealed: string;
}

/** Whoever asks, as tools are told. */
export interface ToolCaller {
  /** The person; of a key that is the company's own, the key. */
  readonly subject: string;
  readonly tenantId: string;
  /** The company's slug. */
  readonly tenant: string;
}

/** What context.begin_turn() hands out of tools. */
export interface ToolOffer {
  readonly identity: ToolCaller;
  readonly tools: readonly OfferedTool[];
}

/** A tool as OpenAI's chat/completions have it. */
export const functionOf = ({
  name,
  description,
  inputSchema,
}: OfferedTool): OpenAI.ChatCompletionFunctionTool => ({
  type: "function",
  function: { name, description, parameters: inputSchema },
});
