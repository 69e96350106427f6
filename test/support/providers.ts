import type { AnswerEvent, Usage } from "../../src/chat/provider/events.ts";
import { openProviders, type Providers, type ProvidersOptions } from "../../src/chat/provider/providers.ts";

/** A line of the log. */
export type Noted = Readonly<Record<string, unknown>>;

export interface TestProviders extends Providers {
  readonly noted: Noted[];
  /** Milliseconds that were waited before a further attempt, without having been waited. */
  readonly waited: number[];
}

/** Providers that may be on this machine, that wait no time between attempts, and whose log can be read. */
export function testProviders(options: Partial<ProvidersOptions> = {}): TestProviders {
  const noted: Noted[] = [];
  const waited: number[] = [];
  const providers = openProviders({
    reach: { internal: true, ports: [443] },
    log: { warn: (line: object) => void noted.push(line as Noted) } as ProvidersOptions["log"],
    ...options,
    retries: {
      wait: async (milliseconds) => void waited.push(milliseconds),
      random: () => 0.5,
      ...options.retries,
    },
  });
  return { ...providers, noted, waited };
}

/** What came of an answer: its pieces put together, and how it ended. */
export interface Outcome {
  readonly text: string;
  readonly reasoning: string;
  readonly events: readonly AnswerEvent[];
  readonly usage: Usage | undefined;
  readonly finish: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was thrown
  readonly error: any;
}

export async function outcomeOf(answer: AsyncIterable<AnswerEvent>): Promise<Outcome> {
  const events: AnswerEvent[] = [];
  let error: unknown;
  try {
    for await (const event of answer) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  const said = (type: "text" | "reasoning"): string =>
    events.map((event) => (event.type === type ? event.delta : "")).join("");
  return {
    text: said("text"),
    reasoning: said("reasoning"),
    events,
    usage: events.find((event) => event.type === "usage")?.usage,
    finish: events.find((event) => event.type === "finish")?.reason,
    error,
  };
}
