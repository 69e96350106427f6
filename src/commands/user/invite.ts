import * as v from "valibot";
import { masterKeys } from "../../auth/encryption.ts";
import { makeMailSecret } from "../../auth/mail_secrets.ts";
import { email as address, name as personName } from "../../http/fields.ts";
import { LANGUAGES } from "../../mail/compose.ts";
import { CommandError, UsageError } from "../failures.ts";
import { oneOf, parseArguments } from "../inspected.ts";
import { asOperator, onePerson } from "./as_operator.ts";

/**
 * `rowhouse user invite ADDRESS`: mails a link by which an account comes into being. Status 1 where the address has one, or
 * got enough mails.
 */
export async function invite(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    name: { type: "string" },
    locale: { type: "string" },
  });
  const read = v.safeParse(address, onePerson("invite", positionals));
  if (!read.success) throw new UsageError(`"${positionals[0]}" is no e-mail address`);
  const email = read.output;
  const name = v.safeParse(personName, values.name ?? email.slice(0, email.indexOf("@")));
  if (!name.success || !/\S/.test(name.output)) throw new UsageError("--name has from 1 to 200 characters");
  const locale = oneOf("locale", LANGUAGES, values.locale) ?? "en";
  return asOperator(async ({ client, config }) => {
    if (config.registration === "closed") {
      throw new CommandError("REGISTRATION is closed, so nobody could accept; set it to invited");
    }
    const { link, code, mail, secret } = makeMailSecret(masterKeys(config), "register", email);
    const { rows } = await client.query<{ outcome: "ok" | "account_exists" | "too_many_mails" }>(
      "select auth.invite($1, $2, $3, $4, $5, $6, $7) as outcome",
      [email, name.output, link, code, mail, secret, locale],
    );
    switch (rows[0]!.outcome) {
      case "ok":
        console.log(`${email} is invited: a mail with a link is on its way; it works for a week`);
        return 0;
      case "account_exists":
        console.error(`rowhouse: ${email} has an account`);
        return 1;
      case "too_many_mails":
        console.error(`rowhouse: ${email} got enough mails in the last hour; ask again later`);
        return 1;
    }
  });
}
