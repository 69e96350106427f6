import type { ToolCall } from "../provider/events.ts";

type MakeEvent<E> = (type: string, rest: object) => E;
type Kind = "text" | "reasoning";

/** A message or what a model thought, while it is being said. */
interface OpenItem {
  readonly kind: Kind;
  readonly id: string;
  readonly at: number;
  text: string;
  readonly annotations: object[];
}

/** The items of a response: one is open at a time, and each has its events from the first to the last. */
export function openItems<E>(responseId: string, event: MakeEvent<E>) {
  const finished: object[] = [];
  let open: OpenItem | null = null;

  function* close(status: "completed" | "incomplete"): Generator<E> {
    if (!open) return;
    const { kind, id, at, text } = open;
    const place = { item_id: id, output_index: at, content_index: 0 };
    const part = partOf(open);
    yield kind === "text"
      ? event("response.output_text.done", { ...place, text, logprobs: [] })
      : event("response.reasoning_text.done", { ...place, text });
    yield event("response.content_part.done", { ...place, part });
    const item = { ...shellOf(open, status), content: [part] };
    yield event("response.output_item.done", { output_index: at, item });
    finished.push(item);
    open = null;
  }

  function* say(kind: Kind, delta: string): Generator<E> {
    if (open?.kind !== kind) {
      yield* close("completed");
      const at = finished.length;
      open = {
        kind,
        id: `${kind === "text" ? "msg" : "rs"}_${responseId}_${at}`,
        at,
        text: "",
        annotations: [],
      };
      const item = { ...shellOf(open, "in_progress"), content: [] };
      yield event("response.output_item.added", { output_index: at, item });
      yield event("response.content_part.added", {
        item_id: open.id,
        output_index: at,
        content_index: 0,
        part: partOf(open),
      });
    }
    open.text += delta;
    const place = { item_id: open.id, output_index: open.at, content_index: 0 };
    yield kind === "text"
      ? event("response.output_text.delta", { ...place, delta, logprobs: [] })
      : event("response.reasoning_text.delta", { ...place, delta });
  }

  return {
    say,
    close,
    *annotate(annotation: object): Generator<E> {
      // A citation belongs to the words that it stands behind.
      if (open?.kind !== "text") yield* say("text", "");
      const { id, at, annotations } = open!;
      annotations.push(annotation);
      yield event("response.output_text.annotation.added", {
        item_id: id,
        output_index: at,
        content_index: 0,
        annotation_index: annotations.length - 1,
        annotation,
      });
    },
    *call({ id: call_id, name, text }: ToolCall): Generator<E> {
      yield* close("completed");
      const at = finished.length;
      const item = { type: "function_call", id: `fc_${responseId}_${at}`, call_id, name };
      const place = { item_id: item.id, output_index: at };
      yield event("response.output_item.added", {
        output_index: at,
        item: { ...item, arguments: "", status: "in_progress" },
      });
      yield event("response.function_call_arguments.delta", { ...place, delta: text });
      yield event("response.function_call_arguments.done", { ...place, name, arguments: text });
      const done = { ...item, arguments: text, status: "completed" };
      yield event("response.output_item.done", { output_index: at, item: done });
      finished.push(done);
    },
    /** Those that are done. */
    done: (): readonly object[] => [...finished],
  };
}

const shellOf = ({ kind, id }: OpenItem, status: string): object =>
  kind === "text"
    ? { type: "message", role: "assistant", id, status }
    : { type: "reasoning", id, summary: [], status };

const partOf = ({ kind, text, annotations }: OpenItem): object =>
  kind === "text"
    ? { type: "output_text", text, annotations: [...annotations], logprobs: [] }
    : { type: "reasoning_text", text };
