import { serverSent } from "../../chat/stream/server_sent.ts";
import { inCapitals } from "../../http/codes.ts";
import { statusOf } from "../answering.ts";
import type { Answer } from "../service.ts";
import type { Subscription } from "./subscriptions.ts";

/** How the stream of a subscription ends (graphql-sse, distinct connections mode). A browser's EventSource wants the empty data. */
export const COMPLETE = "event: complete\ndata: \n\n";

/** One answer in it. */
export const nextEvent = (answer: Answer): string => serverSent(answer, "next");

/** What whoever holds an expired access token is told of any request. */
const EXPIRED: Answer = {
  errors: [{ message: "the access token has expired", extensions: { code: inCapitals("token_expired") } }],
};

export interface EventsOptions {
  readonly subscription: Subscription;
  readonly first: Answer;
  /** Asks the query again, through the door. */
  readonly ask: () => Promise<Answer>;
  readonly signal: AbortSignal;
}

/**
 * The events of a subscription: its first answer, then each that is another than the one before; last, why it ends, if it is
 * refused, and `complete`. Nothing is asked while the client has not read what came before, so what it gets then is the newest.
 */
export async function* subscriptionEvents({
  subscription,
  first,
  ask,
  signal,
}: EventsOptions): AsyncGenerator<string, void, undefined> {
  function* sent(event: string): Generator<string, void, undefined> {
    subscription.unread(true);
    yield event;
    subscription.unread(false);
  }

  let last = nextEvent(first);
  yield* sent(last);
  for (;;) {
    const turn = await subscription.next(signal);
    if (turn === null) return;
    if (turn === "expired") yield* sent(nextEvent(EXPIRED));
    if (turn !== "changed") break;

    const answer = await subscription.inTurn(ask);
    const status = statusOf(answer);
    // It passes by itself, and the client would only ask again.
    if (status === 503 || status === 429) {
      subscription.again();
      continue;
    }
    const event = nextEvent(answer);
    if (event !== last) yield* sent(event);
    last = event;
    if (status === 401) break;
  }
  yield COMPLETE;
}
