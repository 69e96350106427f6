import type { Context } from "koa";
import { RecentlyUsed } from "../recently_used.ts";

const types = ["application/json", "application/graphql-response+json"];

/** Whether a request is GraphQL's, so that every answer to it has GraphQL's shape. */
export function isGraphQL(ctx: Context): boolean {
  return ctx.path === "/graphql";
}

/** The media type of an answer (GraphQL over HTTP, section 6.4), the newer one for who asks for it; null if the client reads neither. */
export function acceptedType(ctx: Context): string | null {
  const header = ctx.get("Accept");
  const known = chosen.get(header);
  if (known !== undefined) return known.type;
  const type = ctx.accepts(types) || null;
  chosen.set(header, { type });
  return type;
}

/** Whether a client says that it reads an event stream. One that takes anything may wait for an end, and is not meant. */
export function readsEvents(ctx: Context): boolean {
  return /\btext\/event-stream\b/i.test(ctx.get("Accept")) && ctx.accepts("text/event-stream") !== false;
}

/** By what clients send as Accept, which is the same few texts again and again. */
const chosen = new RecentlyUsed<string, { readonly type: string | null }>(100);
