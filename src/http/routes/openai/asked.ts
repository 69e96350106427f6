import { invalidInput } from "../../problem.ts";

/** What somebody asks by OpenAI's API, whichever of its two ways they ask in. */
export interface Asked {
  /** Null: whatever the person, the company or the installation has chosen. */
  readonly model: string | null;
  /** What the program adds to the company's system prompt, and never puts in its place; null if nothing. */
  readonly instructions: string | null;
  /** What was said before, the oldest first. */
  readonly history: readonly { readonly role: "user" | "assistant"; readonly content: string }[];
  readonly question: string;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly maxOutputTokens: number | null;
  readonly stream: boolean;
}

/** One message, whichever way it came. */
export interface Said {
  readonly role: "system" | "developer" | "user" | "assistant";
  readonly content: string;
}

/**
 * Takes a conversation apart: the last message is what is asked, those of system and developer are instructions, wherever they
 * stand.
 *
 * @param field what the list is called
 * @throws {Problem} 400 `invalid_input`, where the last message is no question
 */
export function takeApart(
  messages: readonly Said[],
  field: string,
): Pick<Asked, "instructions" | "history" | "question"> {
  const instructions = messages.filter(({ role }) => role === "system" || role === "developer");
  const said = messages.filter(({ role }) => role === "user" || role === "assistant");
  const last = said.at(-1);
  if (last?.role !== "user" || last.content.trim() === "") {
    throw invalidInput(`"${field}" must end with a message of the user that says something.`, field);
  }
  return {
    instructions: instructions.map(({ content }) => content).join("\n\n") || null,
    history: said.slice(0, -1).map(({ role, content }) => ({ role: role as "user" | "assistant", content })),
    question: last.content,
  };
}
