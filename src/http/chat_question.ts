import * as v from "valibot";
import { type Image, readImages } from "../chat/image.ts";
import { readSentFiles, type SentFile } from "../chat/sent_file.ts";
import type { Approval, Question } from "../chat/turns/begin_turn.ts";
import { isUuid } from "../uuid.ts";
import * as field from "./fields.ts";
import { invalidInput } from "./problem.ts";

/** Most bytes of a question: the AI SDK's transport sends all of the conversation with each. */
export const QUESTION_LIMIT = 2 ** 21;

export const uuid: field.Field<string> = v.pipe(
  v.string("must be a string"),
  v.check(isUuid, "must be a UUID"),
  v.metadata({ format: "uuid" }),
);
const content = field.text(1, 32_000);

/** A message as `useChat` has it. Of those before the last, only what says where they belong is read. */
const uiMessage = v.looseObject(
  {
    id: v.string("must be a string"),
    role: field.oneOf(["system", "user", "assistant"]),
    parts: v.array(
      v.looseObject({ type: v.string("must be a string") }, "must be an object"),
      "must be a list",
    ),
    metadata: v.optional(v.nullable(v.unknown())),
  },
  "must be a message",
);
type UiMessage = v.InferOutput<typeof uiMessage>;

/** The word of whoever asked on a call of a tool. */
const approval = v.looseObject(
  { id: uuid, approved: field.boolean, reason: v.optional(field.text(1, 500)) },
  "must be an object",
);
/** Calls that one answer may wait with: more than a model may want at once. */
const MOST_APPROVALS = 32;

/** The body of `POST /chat`: what `DefaultChatTransport` of the AI SDK sends, or the same in fewer words. */
export const questionBody = {
  id: v.optional(
    v.pipe(
      v.string("must be a string"),
      v.description(
        "As `useChat` has it: a conversation's id, or one of the client's own, which is not looked at.",
      ),
    ),
  ),
  messages: v.optional(
    v.pipe(
      v.array(uiMessage, "must be a list of messages"),
      v.check((list) => list.length > 0, "must have a message"),
      v.description(
        "As `useChat` has them; the last is the question. Its `file` parts are images (PNG, JPEG, GIF or WebP) and files (text, Markdown, HTML, PDF or DOCX), up to four of each, as `data:` URLs.",
      ),
    ),
  ),
  trigger: field.optional(field.oneOf(["submit-message", "regenerate-message"])),
  messageId: v.optional(v.string("must be a string")),
  conversationId: v.optional(v.pipe(uuid, v.description("Absent: a new conversation."))),
  content: v.optional(v.pipe(content, v.description("What is asked, where there are no `messages`."))),
  parentId: v.optional(
    v.pipe(
      uuid,
      v.description(
        "The message that it follows, if not the newest. Without `content`: the question that is to be answered again.",
      ),
    ),
  ),
  teamId: v.optional(v.pipe(uuid, v.description("Of a new conversation: with which team it is shared."))),
  model: field.optional(field.text(1, 100)),
  stream: v.optional(
    v.pipe(field.boolean, v.description("False: one JSON answer, whatever `Accept` says; true: a stream.")),
  ),
  approvals: v.optional(
    v.pipe(
      v.array(approval, "must be a list of approvals"),
      v.minLength(1, "must have an approval"),
      v.maxLength(MOST_APPROVALS, `must have at most ${MOST_APPROVALS} approvals`),
      v.description(
        "Nothing is asked: yes or no to every call of a tool that an answer waits with, and the answer goes on. As `useChat` has it, the last message says so.",
      ),
    ),
  ),
  temporary: v.optional(v.pipe(field.boolean, v.description("True: nothing of it is kept."))),
};

export interface Asked {
  readonly question: Question;
  readonly stream: boolean | undefined;
}

/** @throws {Problem} 400 `invalid_input` */
export function readQuestion(body: Record<string, unknown>): Asked {
  const read = field.readFields(body, questionBody);
  const { messages, teamId: team, model, stream, temporary } = read;
  const more = {
    ...(team !== undefined && { team }),
    ...(model !== undefined && { model }),
    ...(temporary === true && { keep: false }),
  };
  const approvals = read.approvals?.map(approvalOf) ?? approvalsIn(messages as UiMessage[] | undefined);
  if (approvals) return { stream, question: { tools: true, ...more, ...goingOn(approvals, read) } };
  if (messages)
    return { stream, question: { tools: true, ...more, ...ofMessages(messages as UiMessage[], read) } };
  const { content = null, conversationId: conversation, parentId: parent } = read;
  if (content === null && parent === undefined) throw invalidInput("content says what is asked.", "content");
  return {
    stream,
    question: {
      tools: true,
      ...more,
      content,
      ...(conversation !== undefined && { conversation }),
      ...(parent !== undefined && { parent }),
    },
  };
}

interface Around {
  readonly id?: string | undefined;
  readonly trigger?: "submit-message" | "regenerate-message" | undefined;
  readonly messageId?: string | undefined;
  readonly conversationId?: string | undefined;
  readonly temporary?: boolean | undefined;
}

/** An answer goes on, of which nothing is said but yes or no. */
function goingOn(approvals: readonly Approval[], { conversationId, temporary }: Around): Question {
  if (temporary) throw invalidInput("Of a temporary chat nothing waits.", "approvals");
  return {
    content: null,
    approvals,
    ...(conversationId !== undefined && { conversation: conversationId }),
  };
}

const approvalOf = ({ id, approved, reason }: v.InferOutput<typeof approval>): Approval => ({
  id,
  approved,
  ...(reason !== undefined && { reason }),
});

/**
 * What `addToolApprovalResponse` of the SDK wrote into the last message, where that is an answer. Of the message nothing else is read:
 * what is called, and with what, is what we stored.
 */
function approvalsIn(messages: readonly UiMessage[] | undefined): Approval[] | undefined {
  const last = messages?.at(-1);
  if (last?.role !== "assistant") return undefined;
  const given = last.parts
    .filter(({ state }) => state === "approval-responded")
    .map((part) => v.safeParse(approval, part.approval));
  if (given.length === 0) return undefined;
  if (given.length > MOST_APPROVALS || given.some(({ success }) => !success))
    throw invalidInput(
      "An approval has the id that it was asked for with, and approved: true or false.",
      "messages",
    );
  return given.map(({ output }) => approvalOf(output as v.InferOutput<typeof approval>));
}

/**
 * The last of the SDK's messages, and where it belongs. Answers have our ids, questions the client's own until they are read again: so
 * a question follows the last answer before it, and what is answered again is called by the answer in whose place the new one comes.
 */
function ofMessages(messages: readonly UiMessage[], around: Around): Question {
  const earlier = messages.slice(0, -1);
  const answer = earlier.findLast(({ role }) => role === "assistant");
  const conversation = around.conversationId ?? conversationOf(answer) ?? known(around.id);
  const place = conversation === undefined ? {} : { conversation };
  if (around.temporary) return { ...questionOf(messages), history: historyOf(earlier) };
  if (around.trigger === "regenerate-message" && known(around.messageId)) {
    return { content: null, answer: around.messageId!, ...place };
  }
  const parent = known(answer?.id);
  // The first question, written anew; whoever opened the conversation elsewhere sends one message too, but of no id to replace.
  const fromStart = earlier.length === 0 && around.messageId !== undefined && conversation !== undefined;
  return {
    ...questionOf(messages),
    ...place,
    ...(parent !== undefined && conversation !== undefined && { parent }),
    ...(fromStart && { fromStart }),
  };
}

/** What is asked, and the images and files that it is asked of. */
function questionOf(messages: readonly UiMessage[]): {
  content: string;
  parts?: readonly Image[];
  files?: readonly SentFile[];
} {
  const last = messages.at(-1)!;
  if (last.role !== "user")
    throw invalidInput("The last of the messages is the question, of the role user.", "messages");
  const read = v.safeParse(content, textOf(last));
  if (!read.success)
    throw field.invalidFields([{ field: "messages", detail: `: the question ${read.issues[0].message}` }]);
  const shown = readImages(last.parts);
  if (typeof shown === "string") throw field.invalidFields([{ field: "messages", detail: `: ${shown}` }]);
  const files = readSentFiles(last.parts);
  if (typeof files === "string") throw field.invalidFields([{ field: "messages", detail: `: ${files}` }]);
  return {
    content: read.output,
    ...(shown.length > 0 && { parts: shown }),
    ...(files.length > 0 && { files }),
  };
}

const historyOf = (messages: readonly UiMessage[]) =>
  messages.flatMap((message) =>
    message.role === "system" || textOf(message) === ""
      ? []
      : [{ role: message.role, content: textOf(message) }],
  );

const textOf = ({ parts }: UiMessage): string =>
  parts
    .filter(({ type }) => type === "text")
    .map(({ text }) => (typeof text === "string" ? text : ""))
    .join("");

/** Where our answers say that they belong. */
function conversationOf(answer: UiMessage | undefined): string | undefined {
  const { conversationId } = (answer?.metadata ?? {}) as { conversationId?: unknown };
  return typeof conversationId === "string" ? known(conversationId) : undefined;
}

const known = (id: string | undefined): string | undefined =>
  id !== undefined && isUuid(id) ? id : undefined;
