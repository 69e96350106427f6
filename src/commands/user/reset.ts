import { masterKeys } from "../../auth/encryption.ts";
import { makeMailSecret } from "../../auth/mail_secrets.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator, change, count, findPerson, onePerson } from "./as_operator.ts";
import { reasonOf } from "./ban.ts";
import { describePerson } from "./show.ts";

/** What a reset takes away, in words. */
const words: Readonly<Record<string, string>> = {
  password: "the password",
  totp: "the second factor",
  recovery_codes: "the recovery codes",
  passkeys: "the passkeys",
};

/**
 * `rowhouse user reset ADDRESS|ID`: ends the sessions, takes the password away and mails a link to a new one. It sets no
 * password: then two people would know it. Status 1 for nobody, and where no mail went out.
 */
export async function resetPerson(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    "second-factor": { type: "boolean" },
    reason: { type: "string" },
  });
  const named = onePerson("reset", positionals);
  const reason = reasonOf(values.reason);
  return asOperator(async ({ client, config }) => {
    const id = await findPerson(client, named);
    if (id === null) return 1;
    const { email, identities, passkeys, apiKeys } = await describePerson(client, id);
    if (email === null) {
      console.error(`rowhouse: ${named} is a guest, who has nothing to reset; "user ban" keeps them out`);
      return 1;
    }
    const { link, code, mail, secret } = makeMailSecret(masterKeys(config), "reset_password", email);
    const { ended, removed, mailed } = await change<{ ended: number; removed: string[]; mailed: boolean }>(
      client,
      "select ended, removed, mailed from auth.reset_person($1, $2, $3, $4, $5, $6, $7)",
      [id, values["second-factor"] ?? false, reason, link, code, mail, secret],
    );
    const gone = removed.map((what) => words[what] ?? what).join(", ") || "nothing";
    console.log(`${named}: removed ${gone}; ${count(ended, "session")} ended`);
    // Whoever held the account may have left one of these behind.
    const left = [
      ...identities.map(({ provider }) => `the account at ${provider}`),
      ...(passkeys > 0 && !removed.includes("passkeys") ? [count(passkeys, "passkey")] : []),
      ...(apiKeys > 0 ? [count(apiKeys, "API key")] : []),
    ];
    if (left.length > 0) console.log(`What still opens the account: ${left.join(", ")}.`);
    if (mailed) console.log("A mail with a link to a new password is on its way; it works for a day.");
    else {
      console.error(
        "rowhouse: no mail went out, because this address got enough in the last hour; ask again later",
      );
    }
    return mailed ? 0 : 1;
  });
}
