import type { PromptValues } from "./template.ts";

/** Who asks, as context.begin_turn() tells it. A key that is the company's own has no name and no role. */
export interface Asker {
  readonly name: string | null;
  readonly locale: string | null;
  readonly role: string | null;
  readonly company: string;
  readonly language: string;
  readonly tone: string;
  readonly temperature: number | null;
  readonly maxAnswerTokens: number | null;
  readonly models: readonly string[];
  /** What is remembered of them, the newest first; none of a program or a guest. */
  readonly memories: readonly string[];
}

/** What a template may say of whoever asks: to the model, and to whoever looks at it before. */
export function valuesOf({ name, role, company, language, tone, maxAnswerTokens }: Asker): PromptValues {
  return {
    user: name ?? "a program",
    company,
    role: role ?? "none",
    language,
    tone,
    preferences: [
      `language ${language}`,
      `tone ${tone}`,
      ...(maxAnswerTokens === null ? [] : [`at most ${maxAnswerTokens} tokens`]),
    ].join(", "),
  };
}
