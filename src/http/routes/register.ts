import { randomBytes } from "node:crypto";
import type { Middleware } from "koa";
import type { Identity } from "../../auth/identity.ts";
import { hashPassword, passwordProblem } from "../../auth/passwords.ts";
import { digest } from "../../auth/session_secrets.ts";
import type { Mailer } from "../../mail/mailer.ts";
import { accountExistsMessage, verificationLink, verificationMessage } from "../../mail/messages.ts";
import * as field from "../fields.ts";
import { Problem } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";

/**
 * `POST /auth/register {email, password, name, tenant?: {name, slug}}` → 202, whether the address is known or
 * not: the same answer after the same work. What there is to say, the mail says.
 *
 * Refuses with 400 invalid_input and 400 weak_password.
 */
export function register(identity: Identity, mailer: Mailer, publicUrl: string): Middleware<RequestState> {
  return async (ctx) => {
    const { facts } = ctx.state;
    const { email, password, name, tenant } = field.readFields(await readJson(ctx), {
      email: field.email,
      password: field.text(1, 1_000),
      name: field.name,
      tenant: field.optional(field.object({ name: field.name, slug: field.slug })),
    });
    const weakness = passwordProblem(password, [email, name, tenant?.name ?? "", tenant?.slug ?? ""]);
    if (weakness) {
      throw new Problem(400, "weak_password", weakness, { members: { field: "password" } });
    }

    const token = randomBytes(32).toString("base64url");
    const registration = { email, name, tenant, digest: digest(token) };
    const mail = await identity.register(
      { ...registration, passwordHash: await hashPassword(password) },
      facts,
    );
    if (mail === "verify") {
      mailer.send(verificationMessage(email, verificationLink(publicUrl, token)), facts.request_id);
    } else if (mail === "exists") {
      mailer.send(accountExistsMessage(email, publicUrl), facts.request_id);
    }
    ctx.status = 202;
    ctx.body = { message: "If this address can be registered, a mail with a link is on its way to it." };
  };
}
