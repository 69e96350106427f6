import type { Log } from "../log.ts";
import { breachedPasswords } from "./breached_passwords.ts";
import { passwordProblem } from "./passwords.ts";

/** Judges new passwords. */
export interface PasswordRules {
  /**
   * Why a password will not do; null if it will.
   *
   * @param about what an attacker knows of the person
   * @param secondFactor whether it is one of two factors: then it may be shorter
   */
  problem(password: string, about: readonly string[], secondFactor?: boolean): Promise<string | null>;
}

/** @param config `breachedPasswordsUrl`: a list of leaked passwords to ask, or null */
export function passwordRules(
  config: { readonly breachedPasswordsUrl: string | null },
  log: Pick<Log, "warn">,
): PasswordRules {
  const isBreached = breachedPasswords(config.breachedPasswordsUrl, log);
  return {
    async problem(password, about, secondFactor = false) {
      const problem = passwordProblem(password, about, secondFactor);
      if (problem !== null) return problem;
      return (await isBreached(password)) ? "It was leaked elsewhere, and attackers know it." : null;
    },
  };
}
