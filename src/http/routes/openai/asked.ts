import { type Image, readImages } from "../../../chat/image.ts";
import { readSentFiles, type SentFile } from "../../../chat/sent_file.ts";
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
  /** What the question shows, and what came with it; that of earlier ones is not looked at again. */
  readonly images: readonly Image[];
  readonly files: readonly SentFile[];
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly maxOutputTokens: number | null;
  readonly stream: boolean;
}

/** One message, whichever way it came. */
export interface Said {
  readonly role: "system" | "developer" | "user" | "assistant";
  readonly content: string;
  /** As the AI SDK's `file` parts have them. */
  readonly shown: readonly Shown[];
}

/** An image or a file in a message: all of it, as a `data:` URL. */
export interface Shown {
  readonly type: "file";
  readonly mediaType: string;
  readonly url: string;
  readonly filename?: string;
}

/** One of OpenAI's `data:` URLs as such a part; what is no `data:` URL has no media type, and is refused as that. */
export function shownAt(url: string, filename?: string | null): Shown {
  const mediaType = /^data:([a-z]+\/[a-z0-9.+-]+);base64,/.exec(url)?.[1] ?? "";
  return { type: "file", mediaType, url, ...(filename != null && { filename }) };
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
): Pick<Asked, "instructions" | "history" | "question" | "images" | "files"> {
  const instructions = messages.filter(({ role }) => role === "system" || role === "developer");
  const said = messages.filter(({ role }) => role === "user" || role === "assistant");
  const last = said.at(-1);
  if (last?.role !== "user" || last.content.trim() === "") {
    throw invalidInput(`"${field}" must end with a message of the user that says something.`, field);
  }
  const images = readImages(last.shown);
  const files = readSentFiles(last.shown);
  for (const read of [images, files])
    if (typeof read === "string") throw invalidInput(`"${field}": ${read}.`, field);
  return {
    images: images as readonly Image[],
    files: files as readonly SentFile[],
    instructions: instructions.map(({ content }) => content).join("\n\n") || null,
    history: said.slice(0, -1).map(({ role, content }) => ({ role: role as "user" | "assistant", content })),
    question: last.content,
  };
}
