import Router from "@koa/router";
import type { RequestState } from "../request_facts.ts";
import { exportAudit } from "../routes/export_audit.ts";
import { EXACT, type Parts } from "./parts.ts";

/** Taking the trail along. */
export function auditing({ app }: Parts): Router<RequestState> {
  return new Router<RequestState>(EXACT).get("/audit/export", exportAudit(app));
}
