import { visible } from "../prompt/template.ts";
import { ToolFailure } from "./tool_failure.ts";

/** Characters of what a tool says that are read. */
export const MOST_TEXT = 16_000;

/** What is put behind a text that was cut. */
const CUT = "\n[The rest of what the tool answered was cut off.]";

/** The text of an answer, as far as it is read; whoever sends more than that is not listened to. */
export async function readText(response: Response): Promise<string> {
  const type = response.headers.get("content-type") ?? "text/plain";
  if (!/^\s*(text\/|application\/([\w.+-]+\+)?json\b|application\/xml\b)/i.test(type)) {
    await response.body?.cancel();
    throw new ToolFailure("The tool answered with something else than text.");
  }
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true });
    if (text.length > MOST_TEXT) return text;
  }
  return text + decoder.decode();
}

/** What a tool said, as it is kept and told: what people see of it, no longer than it may be, and said so where it was cut. */
export function toolText(said: string, most = MOST_TEXT): string {
  const seen = visible(
    said
      .slice(0, MOST_TEXT + 1)
      .toWellFormed()
      .replaceAll("\0", "\ufffd"),
  );
  if (seen.length <= most) return seen;
  return `${seen.slice(0, Math.max(most - CUT.length, 0)).toWellFormed()}${CUT}`;
}
