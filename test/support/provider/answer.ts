import { setTimeout as sleep } from "node:timers/promises";
import type { Answering, Wanted } from "../provider.ts";
import { refuseAsTold } from "./refuse.ts";

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

/** Pieces of a text that make it up again: each word with the space before it. */
const words = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? [];

const TOOL = { name: "search_documents", fragments: ['{"que', 'ry":"hol', 'idays"}'] };

/** A call as it comes: its input in two pieces. */
const fragmented = ({ name, input }: Wanted): typeof TOOL => {
  const text = typeof input === "string" ? input : JSON.stringify(input);
  return { name, fragments: [text.slice(0, 3), text.slice(3)] };
};

/** Answers chat/completions as the model's name says. */
export async function answerAsTold(answering: Answering): Promise<void> {
  const { request, response, provider } = answering;
  const { model, body } = request;
  if (refuseAsTold(answering)) return;

  const text = provider.reply(request);
  const usage = {
    prompt_tokens: words(JSON.stringify(body.messages)).length,
    completion_tokens: words(text).length + (model === "reasoning" ? 3 : 0),
    total_tokens: words(JSON.stringify(body.messages)).length + words(text).length,
    prompt_tokens_details: { cached_tokens: 1 },
    completion_tokens_details: { reasoning_tokens: model === "reasoning" ? 3 : 0 },
  };
  const head = { id: "chatcmpl-1", created: 1_790_000_000, model };
  const callsTool = model === "tools" && !body.messages.some(({ role }: { role: string }) => role === "tool");
  const wanted = callsTool ? [TOOL] : provider.wants(request).map(fragmented);
  const finish =
    wanted.length > 0
      ? "tool_calls"
      : ({ length: "length", filtered: "content_filter" }[model as "length"] ?? "stop");

  if (body.stream !== true) {
    const message = { role: "assistant", content: text, refusal: null };
    const choices = [{ index: 0, message, finish_reason: finish, logprobs: null }];
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ ...head, object: "chat.completion", choices, usage }));
    return;
  }

  const chunk = (delta: object, finish_reason: string | null = null): string =>
    event({ ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] });
  const say = (piece: string | Buffer): void => void response.write(piece);
  const half = (): void => {
    for (const word of words(text).slice(0, Math.ceil(words(text).length / 2))) say(chunk({ content: word }));
  };

  response.writeHead(200, { "Content-Type": "text/event-stream", "X-Request-Id": "req-1" });
  say(chunk({ role: "assistant", content: "" }));
  switch (model) {
    case "drop":
      half();
      // The bytes go out first: what is cut is what comes after them.
      return void response.write(": bye\n\n", () => response.destroy());
    case "unfinished":
      half();
      return void response.end();
    case "malformed":
      half();
      return void response.end('data: {"choices":[{\n\n');
    case "shapeless":
      half();
      return void response.end(`${event({ choices: "none" })}data: [DONE]\n\n`);
    case "failing":
      half();
      return void response.end(
        event({
          error: { message: `overloaded, said ${request.headers.authorization}`, type: "server_error" },
        }),
      );
    case "stall":
      return half();
    case "endless":
    case "chatty":
    case "flood": {
      const one = {
        endless: chunk({ content: "x ".repeat(100) }),
        chatty: ": ping\n\n",
        flood: "x".repeat(4_096),
      }[model];
      while (!response.destroyed) {
        say(one);
        await sleep(1);
      }
      return;
    }
    case "reasoning":
      for (const word of ["First", " I", " think."]) say(chunk({ reasoning_content: word }));
      break;
    case "split":
      for (const byte of Buffer.from(chunk({ content: text }))) {
        say(Buffer.of(byte));
        await sleep(1);
      }
      break;
    case "held":
      half();
      await answering.released;
      break;
  }

  for (const [index, { name, fragments }] of wanted.entries()) {
    const called = { index, id: `call_${index + 1}`, type: "function", function: { name, arguments: "" } };
    say(chunk({ tool_calls: [called] }));
    for (const piece of fragments) say(chunk({ tool_calls: [{ index, function: { arguments: piece } }] }));
  }
  if (wanted.length > 0) {
    // What it wants called is all that it says.
  } else if (model !== "split") {
    const said = model === "held" ? Math.ceil(words(text).length / 2) : 0;
    for (const word of words(text).slice(said)) {
      if (model === "slow") await sleep(provider.pace);
      if (response.destroyed) return;
      say(chunk({ content: word }));
    }
  }
  say(chunk({}, finish));
  if (model !== "no-usage" && body.stream_options?.include_usage) say(event({ ...head, choices: [], usage }));
  response.end(model === "undone" ? "" : "data: [DONE]\n\n");
}
