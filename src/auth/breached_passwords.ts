import { createHash } from "node:crypto";
import type { Log } from "../log.ts";

/** Milliseconds that a person waits for the list at most. */
const PATIENCE = 2_000;

/** Whether a password is on a list of leaked ones. Where the list cannot be asked, none is. */
export type IsBreached = (password: string) => Promise<boolean>;

/**
 * Asks a list that is served as Have I Been Pwned serves its (`GET <url>/<first five digits of the SHA-1>` answers the
 * rest of each hash with that beginning, and how often it leaked). Five digits are all that it learns, of a password that
 * hundreds of others share; the answer is padded, so that its length tells nothing either.
 *
 * It fails open: a list that is away keeps nobody from choosing a password, and the log says so.
 *
 * @param url without a trailing slash; null: no list is asked
 */
export function breachedPasswords(url: string | null, log: Pick<Log, "warn">): IsBreached {
  if (url === null) return async () => false;
  return async (password) => {
    const hash = createHash("sha1").update(password.normalize("NFC")).digest("hex").toUpperCase();
    const [prefix, rest] = [hash.slice(0, 5), hash.slice(5)];
    try {
      const answer = await fetch(`${url}/${prefix}`, {
        headers: { "Add-Padding": "true", "User-Agent": "rowhouse" },
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (!answer.ok) throw new Error(`it answered ${answer.status}`);
      // Padding has the count 0.
      return new RegExp(`^${rest}:0*[1-9]`, "m").test(await answer.text());
    } catch (err) {
      log.warn({ err }, "the list of leaked passwords cannot be asked; a password was taken without it");
      return false;
    }
  };
}
