import Router from "@koa/router";
import { mailPage } from "../pages/mail_page.ts";
import type { RequestState } from "../request_facts.ts";
import { acceptInvitation } from "../routes/accept_invitation.ts";
import { joinTenant } from "../routes/join_tenant.ts";
import { answers } from "../routing.ts";
import { EXACT, type Parts } from "./parts.ts";

/** Becoming a member: by an invitation, or by the domain of one's address. */
export function joiningCompanies({ joining, proofs, rules }: Parts): Router<RequestState> {
  const json = answers("application/json");
  return new Router<RequestState>(EXACT)
    .get(
      "/auth/invitation/accept",
      mailPage({ purpose: "invitation", action: "/auth/invitation/accept", password: true, name: true }),
    )
    .post("/auth/invitation/accept", json, acceptInvitation(joining, proofs, rules))
    .post("/auth/tenants/join", json, joinTenant(joining));
}
