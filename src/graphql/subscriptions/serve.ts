import type { Context } from "koa";
import { STREAM_HEADERS } from "../../chat/stream/server_sent.ts";
import type { Admission } from "../../http/admission.ts";
import { answerWithEvents } from "../../http/event_stream.ts";
import { acceptedType, readsEvents } from "../../http/graphql_path.ts";
import { Problem, unauthorized } from "../../http/problem.ts";
import type { RequestState } from "../../http/request_facts.ts";
import { codesOf, noteOperation, sendAnswer, statusOf } from "../answering.ts";
import { CREDENTIAL_MISSING } from "../schema_only.ts";
import type { Answer, GraphQLRequest, GraphQLService } from "../service.ts";
import { COMPLETE, nextEvent, subscriptionEvents } from "./events.ts";
import type { Subject } from "./subject.ts";
import type { Subscriptions } from "./subscriptions.ts";

/**
 * Answers a subscription by an event stream: GraphQL over SSE in distinct connections mode, as the package `graphql-sse` has it. It
 * is the query of the same text, asked as whoever sent it, and asked again whenever what it names has changed.
 *
 * Refuses with 406 event_stream_required a client that does not say that it reads one, and with 429 too_many_subscriptions; with 401,
 * 429 and 503 as a query is. What is wrong with the document comes in the stream, as the protocol wants it, with the codes of a query.
 */
export function serveSubscriptions(
  serv: GraphQLService,
  { subscriptions, admission }: { subscriptions: Subscriptions; admission: Admission },
) {
  return async (
    ctx: Context & { state: RequestState },
    body: GraphQLRequest,
    subject: Subject,
  ): Promise<void> => {
    if (!readsEvents(ctx)) {
      throw new Problem(
        406,
        "event_stream_required",
        "A subscription is answered by a stream: send Accept: text/event-stream.",
      );
    }
    const { caller, expiresAt } = ctx.state;
    if (!caller) throw unauthorized("credential_missing", CREDENTIAL_MISSING);
    const subscription = subscriptions.open({ caller, subject, expiresAt, cut: () => ctx.res.destroy() });
    ctx.res.once("close", subscription.close);
    // Whoever left before that is not told of again.
    if (ctx.res.closed || ctx.req.socket.destroyed) subscription.close();

    let failures: unknown[] = [];
    const ask = async (): Promise<Answer> => {
      failures = [];
      const answer = await serv.answer(body, { caller, failures, onOperation: noteOperation(ctx) });
      if (statusOf(answer) === 401) {
        admission.forget(caller);
        // The line in the log, which is written at the end, says why it is one.
        ctx.state.refusals = codesOf(answer.errors!);
      }
      return answer;
    };
    await subscription.look();
    const first = await ask();
    const status = statusOf(first);
    if (status !== 200 && status !== 400) {
      subscription.close();
      return sendAnswer(ctx, first, failures, acceptedType(ctx) ?? "application/json");
    }
    if (first.errors) {
      ctx.state.refusals = codesOf(first.errors);
      ctx.state.failure = failures[0];
    }
    answerWithEvents(
      ctx,
      (signal) =>
        status === 400 ? refused(first) : subscriptionEvents({ subscription, first, ask, signal }),
      { headers: STREAM_HEADERS },
    );
  };
}

async function* refused(answer: Answer): AsyncGenerator<string, void, undefined> {
  yield nextEvent(answer);
  yield COMPLETE;
}
