import Koa, { type Context } from "koa";
import { authenticate } from "./authenticate.ts";
import { allowOrigins } from "./cors.ts";
import { limitDays } from "./daily_limit.ts";
import { describeError } from "./describe_error.ts";
import { challengeInKind } from "./dpop/challenge_in_kind.ts";
import { logRequests } from "./log_requests.ts";
import { noteUses } from "./note_uses.ts";
import { recordAccess } from "./record_access.ts";
import { reportErrors } from "./report_errors.ts";
import { nameRequest, type RequestState } from "./request_facts.ts";
import { mendTarget, refuseMendedTarget } from "./request_target.ts";
import { chatting } from "./routers/chatting.ts";
import { documents } from "./routers/documents.ts";
import { signingInElsewhere } from "./routers/elsewhere.ts";
import { forEverybody, writtenMails } from "./routers/for_everybody.ts";
import { joiningCompanies } from "./routers/joining_companies.ts";
import { openAI } from "./routers/openai.ts";
import { ownAccount } from "./routers/own_account.ts";
import type { Parts } from "./routers/parts.ts";
import { signingIn } from "./routers/signing_in.ts";
import { withPasskeys } from "./routers/with_passkeys.ts";
import { showsMails } from "./routes/written_mails.ts";
import { answerTheRest } from "./routing.ts";
import { securityHeaders } from "./security_headers.ts";
import { traceRequests } from "./trace_requests.ts";

/** The story of a request. */
export function createApp(parts: Parts): Koa<RequestState> {
  const { config, log } = parts;
  const app = new Koa<RequestState>({
    proxy: config.trustedProxies > 0,
    maxIpsCount: config.trustedProxies,
  });
  // What breaks after the answer began, or below the first line of the story.
  app.on("error", (error, ctx?: Context) => {
    // A client that went away meanwhile is no failure of ours; its request's line says so.
    const level = ctx?.req.socket.destroyed ? "debug" : "error";
    log[level]({ err: describeError(error) }, "an answer could not be sent");
  });

  app.use(mendTarget());
  app.use(nameRequest());
  if (config.tracing) app.use(traceRequests());
  app.use(logRequests(log, parts.metrics));
  app.use(recordAccess(parts.accesses));
  app.use(securityHeaders(config));
  app.use(allowOrigins(config.corsOrigins));
  app.use(challengeInKind());
  app.use(reportErrors(parts.catalogue, parts.onRefusal));
  app.use(refuseMendedTarget());
  app.use(answerTheRest());
  app.use(forEverybody(parts).routes());
  if (showsMails(config)) app.use(writtenMails(config).routes());
  app.use(parts.limits.perAddress);
  app.use(authenticate(parts));
  app.use(parts.limits.perCredential);
  app.use(limitDays(parts.requestCounts, parts.catalogue));
  app.use(noteUses(parts.identity, log));
  app.use(signingIn(parts).routes());
  app.use(withPasskeys(parts).routes());
  app.use(joiningCompanies(parts).routes());
  app.use(signingInElsewhere(parts, app).routes());
  app.use(ownAccount(parts).routes());
  app.use(openAI(parts).routes());
  app.use(chatting(parts).routes());
  app.use(documents(parts).routes());
  app.use(parts.graphql);
  return app;
}
