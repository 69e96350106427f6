import type pg from "pg";
import type { InstallationModel } from "../../config.ts";
import type { Caller } from "../../database/caller.ts";
import { askInDoor } from "../../database/door.ts";
import type { Given } from "../curated/curated_answer.ts";
import type { Asker } from "../prompt/prompt_values.ts";
import type { ModelSettings } from "../provider/stream_answer.ts";
import type { SentFile } from "../sent_file.ts";
import type { ContinuedRow } from "../tools/continued.ts";
import type { ToolOffer } from "../tools/offered_tool.ts";

/** What is asked. All but `content` may be absent. */
export interface Question {
  /** Null: what was asked before is to be answered again, `parent` or the question of `answer`. */
  readonly content: string | null;
  readonly parts?: readonly object[];
  /** What came beside it and is to be read before it is asked; what is read of it is among its parts then. */
  readonly files?: readonly SentFile[];
  /** Absent: a new conversation, in `team` if given. */
  readonly conversation?: string;
  readonly team?: string;
  /** The message that it follows; absent: the newest, or none where it stands at the start. */
  readonly parent?: string;
  readonly fromStart?: boolean;
  /** The answer in whose place there is to be another. */
  readonly answer?: string;
  /** False: no conversation and no message is written. */
  readonly keep?: boolean;
  /** What was said before, the oldest first: of whoever keeps that themselves, where `keep` is false. */
  readonly history?: readonly { readonly role: "user" | "assistant"; readonly content: string }[];
  /** What the model is told beside the company's system prompt. */
  readonly instructions?: string;
  /** SHA-256 in hexadecimal: the same key with the same request is the same turn. */
  readonly idempotency?: { readonly key: string; readonly request: string };
  readonly model?: string;
  readonly settings?: ModelSettings;
  /** Nothing is asked: the word on calls that an answer waits with. It goes on. */
  readonly approvals?: readonly Approval[];
  /** Whether the company's tools may be called. */
  readonly tools?: boolean;
}

/** What whoever asked says of a call of a tool. */
export interface Approval {
  readonly id: string;
  readonly approved: boolean;
  readonly reason?: string;
}

/** What context.begin_turn() hands out (docs/chat/turns.md). */
export interface Begun {
  readonly tenant_id: string;
  readonly turn_id: string;
  readonly replayed: boolean;
  readonly conversation_id: string | null;
  readonly question_id: string | null;
  readonly answer_id: string | null;
  readonly generator: Generator;
  readonly answered_by: string;
  readonly history: readonly {
    readonly id: string;
    readonly role: "user" | "assistant";
    readonly content: string;
    /** Of the question, the first of them. */
    readonly parts: readonly object[];
  }[];
  readonly asker: Asker;
  readonly provider: OwnProvider | null;
  /** The company's own answer, where it has one to this question. */
  readonly given: Given | null;
  /** What the model may have called; null: nothing. */
  readonly tools: ToolOffer | null;
  /** The answer that goes on, where there were approvals. */
  readonly continued: ContinuedRow | null;
}

/** What answers. */
export type Generator = "model" | "extractive" | "curated";

/** A company's own. */
export interface OwnProvider {
  readonly id: string;
  readonly baseUrl: string;
  readonly sealedKey: string | null;
  readonly systemPrompt: string | null;
  /** Null: nobody embeds for this company. */
  readonly embeddingModel: string | null;
}

/** Tokens that a model is given at most, which is what the reservation is for. */
export function mostTokens(model: InstallationModel | null): { input: number; output: number } {
  return model
    ? { input: model.maxInputTokens, output: model.maxOutputTokens }
    : { input: 32_000, output: 4_096 };
}

/**
 * Begins a turn, in one round trip.
 *
 * @param settlement what auth.settle_turn() is to be shown
 * @throws {pg.DatabaseError} the refusals of context.begin_turn(), and the door's
 */
export async function beginTurn(
  app: pg.Pool,
  caller: Caller | undefined,
  question: Question,
  settlement: Buffer,
  installation: InstallationModel | null,
): Promise<Begun> {
  const {
    content,
    parts,
    conversation,
    parent,
    fromStart,
    team,
    keep,
    idempotency,
    model,
    answer,
    instructions,
    approvals,
    tools = false,
  } = question;
  const most = mostTokens(installation);
  const { rows } = await askInDoor(app, caller, {
    name: "begin_turn",
    text: BEGIN,
    values: [
      settlement,
      conversation ?? null,
      content,
      JSON.stringify(parts ?? []),
      parent ?? null,
      fromStart ?? false,
      team ?? null,
      keep ?? true,
      idempotency ? JSON.stringify(idempotency) : null,
      model ?? null,
      installation?.name ?? null,
      most.input,
      most.output,
      answer ?? null,
      installation?.models ?? null,
      installation?.embeddingModel ?? null,
      // Whoever adds instructions, or shows something, asks for more than the question says.
      instructions === undefined && (parts ?? []).length === 0,
      approvals ? JSON.stringify(approvals) : null,
      tools,
    ],
  });
  return rows[0] as Begun;
}

// The question of an answer is looked up with row security: whoever cannot read the one has the other not answered again.
const BEGIN = `select * from context.begin_turn(
  settlement => $1,
  conversation => coalesce($2, (select conversation_id from app.messages where id = $14)),
  content => $3, parts => $4,
  parent => coalesce($5, (select parent_id from app.messages where id = $14)),
  from_start => $6, team => $7, keep => $8, idempotency => $9, model => $10, installation_model => $11, installation_models => $15,
  installation_embedding_model => $16, most_input_tokens => $12, most_output_tokens => $13, curated => $17, approvals => $18,
  with_tools => $19)`;
