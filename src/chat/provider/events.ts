/** What an answer is made of, whoever gives it: a provider, or the extractive generator. */
export type AnswerEvent =
  | { readonly type: "text"; readonly delta: string }
  | { readonly type: "reasoning"; readonly delta: string }
  | ToolCall
  | ToolApproval
  | ToolDecision
  | ToolResult
  /** The model is asked again, with what came of the tools that it had called. */
  | { readonly type: "step" }
  | { readonly type: "citation"; readonly citation: Citation }
  /** After each step, of all until then. */
  | { readonly type: "usage"; readonly usage: Usage }
  /** Last. An answer without it is not whole, and the iteration ends with a `ProviderFailure` then. */
  | { readonly type: "finish"; readonly reason: FinishReason };

/** A tool that the model wants called. It names it and what it wants; whether that is done is ours to decide. */
export interface ToolCall {
  readonly type: "tool-call";
  readonly id: string;
  readonly name: string;
  /** What the model wrote. */
  readonly text: string;
  /** The same read as JSON; undefined where it is none. */
  readonly input: unknown;
}

/** A call that waits for the word of whoever asked. The answer ends with it, and goes on when there is one. */
export interface ToolApproval {
  readonly type: "tool-approval";
  /** Of its call. */
  readonly id: string;
  readonly approvalId: string;
  /** The tool, and what it was: said yes to is that, and nothing that it may become. */
  readonly toolId: string;
  readonly fingerprint: string;
}

/** The word of whoever asked. */
export interface ToolDecision {
  readonly type: "tool-decision";
  /** Of its call. */
  readonly id: string;
  readonly approvalId: string;
  readonly approved: boolean;
  readonly reason?: string;
}

/** What came of a tool that was called. Never from a provider: whoever ran the tool says it. */
export interface ToolResult {
  readonly type: "tool-result";
  /** Of its call. */
  readonly id: string;
  readonly output: unknown;
  /** Why there is none, in a sentence. */
  readonly failed?: string;
  /** Because whoever asked said no. */
  readonly denied?: boolean;
}

/** A passage that an answer rests on. */
export interface Citation {
  /** As the text names it: [1], [2], … */
  readonly number: number;
  readonly passageId: string;
  readonly documentId: string;
  readonly title: string;
}

/** Tokens. `cachedInput` is a part of `input`, and `reasoning` one of `output`. */
export interface Usage {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly reasoning: number;
  /** Whether we counted, because the provider did not say. */
  readonly estimated: boolean;
}

export type FinishReason = "stop" | "length" | "content-filter" | "tool-calls" | "other";
