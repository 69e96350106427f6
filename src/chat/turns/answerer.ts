import type { MasterKeys } from "../../auth/encryption.ts";
import type { InstallationModel } from "../../config.ts";
import { curatedAnswer } from "../curated/curated_answer.ts";
import { EXTRACTIVE, extractiveAnswer } from "../extractive/extractive_answer.ts";
import { type Image, imagesIn } from "../image.ts";
import { buildPrompt } from "../prompt/build_prompt.ts";
import { newFence } from "../prompt/fence.ts";
import { valuesOf } from "../prompt/prompt_values.ts";
import { loadTokenCounter } from "../provider/count_tokens.ts";
import type { AnswerEvent } from "../provider/events.ts";
import type { Providers } from "../provider/providers.ts";
import { endpointOf } from "../provider/whose.ts";
import { filesIn, type ReadFile } from "../read_file.ts";
import type { CallingTurn } from "../tools/call_record.ts";
import { continuedOf } from "../tools/continued.ts";
import { type Begun, mostTokens, type Question } from "./begin_turn.ts";
import { citing } from "./cite.ts";
import type { Found } from "./retrieve.ts";
import { type ToolsParts, toolbox } from "./toolbox.ts";

/** Who answers, and what from. */
export interface Answerer {
  /** Null where no prompt was built. */
  readonly promptHash: string | null;
  answer(signal: AbortSignal): AsyncIterable<AnswerEvent>;
}

/** The system prompt of a company that has none of its own. */
const TEMPLATE = [
  "You answer the questions of {{user}}, whose role at {{company}} is {{role}}.",
  "Answer in the language that the question is in; if in doubt, in {{language}}. The tone is {{tone}}.",
  "What they prefer: {{preferences}}.",
].join("\n");

export interface AnswererParts {
  readonly providers: Providers;
  readonly keys: MasterKeys;
  readonly model: InstallationModel | null;
  /** With what companies' tools are called; null: none are. */
  readonly tools: ToolsParts | null;
}

/** What was asked, as the model or the generator is to read it. */
export function wordsOf(begun: Begun, { content }: Question): string {
  return content ?? begun.history[0]?.content ?? "";
}

/** The images that it is asked of, which stand with the question where it is answered again. */
function imagesOf(begun: Begun, { parts, keep }: Question): readonly Image[] {
  return imagesIn((keep === false ? parts : begun.history[0]?.parts) ?? []);
}

/** What was read of the files that came with it, which stands with the question too. */
function filesOf(begun: Begun, { parts, keep }: Question): readonly ReadFile[] {
  return filesIn((keep === false ? parts : begun.history[0]?.parts) ?? []);
}

/**
 * Makes ready who answers: the company itself, a model with its prompt, or sentences of the passages where there is none.
 *
 * @throws {ProviderFailure} `prompt_too_long`
 */
export async function answererOf(
  { providers, keys, model, tools }: AnswererParts,
  begun: Begun,
  question: Question,
  passages: readonly Found[],
  turn: CallingTurn,
): Promise<Answerer> {
  const { asker, answered_by, given } = begun;
  if (given) return { promptHash: null, answer: () => curatedAnswer(given) };
  const words = wordsOf(begun, question);
  if (answered_by === EXTRACTIVE) {
    const ask = { question: words, passages, language: asker.language };
    return { promptHash: null, answer: () => extractiveAnswer(ask) };
  }
  const count = await loadTokenCounter();
  const most = mostTokens(model);
  const output = Math.min(
    question.settings?.maxOutputTokens ?? most.output,
    asker.maxAnswerTokens ?? most.output,
    most.output,
  );
  const { instructions } = question;
  const continued = begun.continued && continuedOf(begun.continued);
  const box = tools && (begun.tools || continued) ? toolbox(tools, begun, continued, most, count) : null;
  const fence = newFence();
  const prompt = buildPrompt(
    {
      template: begun.provider?.systemPrompt ?? TEMPLATE,
      values: valuesOf(asker),
      memories: asker.memories,
      passages,
      history: question.keep === false ? (question.history ?? []) : begun.history.slice(1).reverse(),
      question: words,
      images: imagesOf(begun, question),
      files: filesOf(begun, question).map(({ data }) => data),
    },
    {
      contextTokens:
        most.input + output - (instructions ? count(instructions) + 4 : 0) - (box?.reserved ?? 0),
      outputTokens: output,
      count,
      fence,
    },
  );
  const [system, ...rest] = prompt.messages;
  const messages = instructions
    ? [system!, { role: "system" as const, content: instructions }, ...rest]
    : prompt.messages;
  const { temperature = asker.temperature ?? undefined, ...settings } = question.settings ?? {};
  const ask = {
    endpoint: endpointOf(begun.provider, model, keys),
    model: answered_by,
    messages,
    settings: { ...settings, ...(temperature !== undefined && { temperature }), maxOutputTokens: output },
  };
  return {
    promptHash: prompt.hash,
    answer(signal) {
      const said = box
        ? box.answer(
            { messages, fence, turn, keep: question.keep !== false, signal },
            (further, { tools: callable }) =>
              providers.streamAnswer({
                ...ask,
                messages: further,
                settings: { ...ask.settings, ...(callable && callable.length > 0 && { tools: callable }) },
                signal,
              }),
          )
        : providers.streamAnswer({ ...ask, signal });
      return citing(said, prompt.citations);
    },
  };
}
