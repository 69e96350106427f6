import { randomUUID } from "node:crypto";
import type { Context, Middleware } from "koa";
import type { Caller } from "../database/caller.ts";
import type { Operation } from "../graphql/operation.ts";
import { clientAddress } from "./client_address.ts";
import type { Problem } from "./problem.ts";

/** Who asks, from where, under which number: what the door and the trail are told of every request. */
export type Facts = Omit<Caller["facts"], "tenant_id" | "idempotency">;

/** What one middleware leaves for the next ones. */
export interface RequestState {
  facts: Facts;
  /** The request's target could not be read; `/` is in its place. */
  targetMended?: true;
  /** Set by `authenticate` where there is a credential; what it is worth, the door decides. */
  caller?: Caller;
  /** Which of its session's refresh tokens the caller's access token came with. */
  counter?: number;
  /** When that access token expires, in milliseconds since 1970. */
  expiresAt?: number;
  /** What was asked of GraphQL, where that could be read, for the trail. */
  operation?: Operation | null;
  /** The refusal that was answered, for the log. */
  problem?: Problem;
  /** Codes of the errors in an answer of GraphQL, each once, for the log. */
  refusals?: readonly string[];
  /** What lies behind the first of them, for the log. */
  failure?: unknown;
  /** How a sign-in went, for the log. Never told to the client in more words than the answer has. */
  outcome?: string;
}

/** A request as the middleware behind {@link nameRequest} sees it. */
export type Request = Context & { state: RequestState };

/** Names the request: takes over a sane `X-Request-Id` or makes one, answers it, and gathers the facts. */
export function nameRequest(): Middleware<RequestState> {
  return (ctx, next) => {
    const given = ctx.get("X-Request-Id");
    const id = /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    ctx.set("X-Request-Id", id);
    // Header bytes reach us as Latin-1; their length is bounded here, because the trail keeps them.
    const userAgent = ctx.get("User-Agent").slice(0, 512);
    ctx.state.facts = { request_id: id, ip: clientAddress(ctx), user_agent: userAgent || null };
    return next();
  };
}
