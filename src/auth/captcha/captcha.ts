/** What the answer to a puzzle is worth. */
export type CaptchaVerdict = "ok" | "required" | "failed" | "unavailable";

/** What somebody solves a puzzle for. A widget that is told so (`action`) makes its token good for nothing else. */
export type CaptchaAction = "register" | "forgot_password" | "sign_in_link" | "guest";

/** Asks whoever made a puzzle whether it was solved. */
export interface Captcha {
  /**
   * @param token what the widget in the page gave; undefined where nothing came
   * @param ip the address that shows it
   */
  verify(token: string | undefined, action: CaptchaAction, ip: string | null): Promise<CaptchaVerdict>;
}

/** Where nobody is asked anything (`CAPTCHA=off`). */
export const noCaptcha: Captcha = { verify: async () => "ok" };
