import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import type { Context, Middleware } from "koa";
import type { Caller } from "../database/door.ts";
import type { Problem } from "./problem.ts";

/** Who asks, from where, under which number: what the door and the trail are told of every request. */
export type Facts = Omit<Caller["facts"], "tenant_id">;

/** What one middleware leaves for the next ones. */
export interface RequestState {
  facts: Facts;
  /** The request's target could not be read; `/` is in its place. */
  targetMended?: true;
  /** Set by `authenticate` where there is a credential; what it is worth, the door decides. */
  caller?: Caller;
  /** The refusal that was answered, for the log. */
  problem?: Problem;
  /** How a sign-in went, for the log. Never told to the client in more words than the answer has. */
  outcome?: string;
}

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

/**
 * The client's address: the entry of X-Forwarded-For that the outermost of our proxies wrote (`proxy` and
 * `maxIpsCount` of the Koa app), or the connection's own if that entry is no address.
 */
function clientAddress(ctx: Context): string {
  const connection = ctx.req.socket.remoteAddress ?? "";
  for (const address of [ctx.ips[0] ?? connection, connection]) {
    // An IPv4 address on an IPv6 socket is still IPv4, and a zone means nothing beyond this machine.
    const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, "").replace(/%.*$/, "");
    if (isIP(plain)) return plain;
  }
  return "0.0.0.0";
}
