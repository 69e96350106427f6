import Router from "@koa/router";
import { mailPage } from "../pages/mail_page.ts";
import type { RequestState } from "../request_facts.ts";
import { createTenant } from "../routes/create_tenant.ts";
import { deleteAccount } from "../routes/delete_account.ts";
import { exportAccount } from "../routes/export_account.ts";
import { restoreAccount } from "../routes/restore_account.ts";
import { restoreTenant } from "../routes/restore_tenant.ts";
import { answers } from "../routing.ts";
import { EXACT, type Parts } from "./parts.ts";

/** What somebody does with all of their account, and the companies that they make. */
export function ownAccount(parts: Parts): Router<RequestState> {
  const { identity, deletion, exports, tenants, masterKeys, mailer, config } = parts;
  const json = answers("application/json");
  return new Router<RequestState>(EXACT)
    .post("/auth/tenants", json, createTenant(tenants))
    .get(
      "/auth/tenants/restore",
      mailPage({ purpose: "restore_tenant", action: "/auth/tenants/restore", password: false }),
    )
    .post("/auth/tenants/restore", json, restoreTenant(tenants, mailer))
    .get("/auth/account/export", json, exportAccount(exports))
    .post(
      "/auth/account/delete",
      json,
      deleteAccount(identity, deletion, mailer, masterKeys, config.accountDeletionGraceDays),
    )
    .get(
      "/auth/account/restore",
      mailPage({ purpose: "restore_account", action: "/auth/account/restore", password: false }),
    )
    .post("/auth/account/restore", json, restoreAccount(deletion, mailer, masterKeys));
}
