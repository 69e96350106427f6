import { createClient } from "graphql-sse";
import type { Answer } from "../../src/graphql/service.ts";
import { eventually } from "./server.ts";

/** A subscription, as the package `graphql-sse` has it. */
export interface Watching {
  /** What came so far, the oldest first. */
  readonly answers: readonly Answer[];
  /** Resolves with what follows the first so many; fails if it ends before. */
  after(count: number): Promise<Answer>;
  /** Resolves with the codes of the last answer when the server has said that it is complete. */
  ended(): Promise<readonly unknown[]>;
  /** What the client was told instead of a stream. */
  failed(): Promise<Response>;
  leave(): void;
}

/** Subscribes, once: a connection that breaks stays broken. */
export function subscribe(
  url: string,
  headers: Record<string, string>,
  query: string,
  variables?: Record<string, unknown>,
): Watching {
  const client = createClient({ url: `${url}/graphql`, headers, retryAttempts: 0 });
  const answers: Answer[] = [];
  let state: "open" | "complete" | { error: unknown } = "open";
  const leave = client.subscribe(
    { query, variables },
    {
      next: (answer) => answers.push(answer as Answer),
      complete: () => {
        state = "complete";
      },
      error: (error) => {
        state = { error };
      },
    },
  );
  const over = () => eventually(() => state !== "open" && state);
  return {
    answers,
    after: (count) =>
      eventually(() => {
        if (typeof state === "object") throw state.error;
        if (state === "complete" && answers.length <= count) throw new Error("it is complete");
        return answers[count];
      }),
    async ended() {
      const end = await over();
      if (end !== "complete") throw (end as { error: unknown }).error;
      return (answers.at(-1)?.errors ?? []).map(({ extensions }) => extensions?.code);
    },
    async failed() {
      const { error } = (await over()) as { error: { response?: Response } };
      if (!error?.response) throw error;
      return error.response;
    },
    leave,
  };
}
