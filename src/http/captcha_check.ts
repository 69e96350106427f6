import type { Context } from "koa";
import type { Captcha, CaptchaAction } from "../auth/captcha/captcha.ts";
import type { Code } from "./codes.ts";
import { comeBack } from "./codes.ts";
import * as field from "./fields.ts";
import { Problem } from "./problem.ts";

/** What the widget in the page gave. Where no CAPTCHA is asked for, it may be there all the same. */
export const captchaField = field.optional(field.text(1, 8_000));

/** What a call that asks for a CAPTCHA is refused with. */
export const OF_A_CAPTCHA: readonly Code[] = ["captcha_failed", "captcha_required", "captcha_unavailable"];

/**
 * Lets nobody on who solved no puzzle, where the server asks for one.
 *
 * @throws {Problem} 400 `captcha_required`, 403 `captcha_failed`, 503 `captcha_unavailable`
 */
export async function requireCaptcha(
  ctx: Context,
  captcha: Captcha,
  token: string | undefined,
  action: CaptchaAction,
): Promise<void> {
  switch (await captcha.verify(token, action, ctx.state.facts.ip)) {
    case "ok":
      return;
    case "required":
      throw new Problem(400, "captcha_required", "Show the CAPTCHA, and send what its widget gives.");
    case "failed":
      throw new Problem(403, "captcha_failed", "The CAPTCHA was not solved, or not here; show it again.");
    case "unavailable":
      throw new Problem(503, "captcha_unavailable", "The CAPTCHA cannot be checked just now.", {
        headers: comeBack(503),
      });
  }
}
