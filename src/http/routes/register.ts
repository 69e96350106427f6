import type { Middleware } from "koa";
import type { Captcha } from "../../auth/captcha/captcha.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { MailProofs } from "../../auth/mail_proofs.ts";
import { makeMailSecret } from "../../auth/mail_secrets.ts";
import type { Config } from "../../config.ts";
import type { Mailer } from "../../mail/mailer.ts";
import { captchaField, OF_A_CAPTCHA, requireCaptcha } from "../captcha_check.ts";
import { acknowledged } from "../contract/answers.ts";
import { OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { languageOf } from "../language.ts";
import { refusalOf } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";

export const registerOperation = operation({
  method: "post",
  path: "/auth/register",
  area: "Signing in",
  summary: "Register an address",
  description:
    "The same answer after the same work, whether the address is known or not: the mail says the rest. The password is chosen by whoever opens it.",
  body: {
    email: field.email,
    name: field.name,
    tenant: field.optional(field.object({ name: field.name, slug: field.slug })),
    captcha: captchaField,
  },
  answers: { 202: { says: "Whatever there is to say is in a mail.", body: acknowledged } },
  refusals: [...OF_SIGNING_IN, ...OF_A_CAPTCHA, "registration_closed", "registration_invited"],
});

/**
 * `POST /auth/register {email, name, tenant?: {name, slug}}` → 202, whether the address is known or not: the same answer
 * after the same work. What there is to say, the mail says. The password is chosen by whoever opens it.
 *
 * Refuses with 400 invalid_input, 403 registration_closed and registration_invited; and for the CAPTCHA.
 */
export function register(
  proofs: MailProofs,
  mailer: Mailer,
  keys: MasterKeys,
  captcha: Captcha,
  registration: Config["registration"],
): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), registerOperation.body!);
    const { email, name, tenant, captcha: solved } = given;
    if (registration !== "open") throw refusalOf(`registration_${registration}`);
    await requireCaptcha(ctx, captcha, solved, "register");
    const mail = makeMailSecret(keys, "register", email);
    await proofs
      .register({ email, name, tenant }, mail, languageOf(ctx), ctx.state.facts)
      .catch(namingTheField);
    mailer.wake();
    ctx.status = 202;
    ctx.body = { message: "If this address can be registered, a mail with a link is on its way to it." };
  };
}

/** What a registration's names have to be, the database decides; whose name it was, is known here. */
export function namingTheField(error: unknown): never {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  const name = code === "23514" && nameOf.get(String(constraint));
  if (!name) throw error;
  throw field.invalidFields([{ field: name, detail: "must be one line that shows something" }], error);
}

const nameOf: ReadonlyMap<string, string> = new Map([
  ["registrations_name_check", "name"],
  ["registrations_tenant_name_check", "tenant.name"],
]);
