import pg from "pg";
import { masterKeys } from "../auth/encryption.ts";
import { type KeyUsage, keyUsage } from "../auth/key_usage.ts";
import { reencrypt } from "../auth/reencrypt.ts";
import { loadEnvironmentFile, readConfig } from "../config.ts";
import { joinDatabase } from "./database.ts";
import { CommandError, UsageError } from "./failures.ts";
import { parseArguments } from "./inspected.ts";
import { progressLine } from "./progress_line.ts";
import { listSigningKeys, rotateSigningKey } from "./signing_keys.ts";

const ACTIONS = ["list", "rotate", "reencrypt"];

/**
 * `rowhouse keys`: what each master key is still needed for; status 1 while the previous one is. `rowhouse keys reencrypt`
 * first takes to the current key what is encrypted. `list` and `rotate` are about the keys of access tokens.
 */
export async function showKeys(args: string[]): Promise<0 | 1> {
  const {
    positionals: [action, ...more],
  } = parseArguments(args, {});
  if ((action !== undefined && !ACTIONS.includes(action)) || more.length > 0) {
    throw new UsageError(`"keys" takes no argument "${more[0] ?? action}"`);
  }
  loadEnvironmentFile();
  const config = readConfig();
  const keys = masterKeys(config);
  const database = await joinDatabase(config, ({ message }) => console.error(message));
  try {
    const usage = await withAdministrator(database.adminUrl, async (client) => {
      const algorithm = config.accessTokenAlgorithm;
      if (action === "rotate") await rotateSigningKey(client, keys, algorithm);
      if (action === "list" || action === "rotate") {
        await listSigningKeys(client, algorithm);
        return null;
      }
      if (action === "reencrypt") {
        const done = Object.entries(await reencrypt(client, keys, progressLine()));
        const taken = done.map(([what, number]) => count(number, what));
        console.log(`Under the current key now: ${taken.join(", ")}.`);
      }
      return keyUsage(client, keys);
    });
    if (usage === null) return 0;
    const { current, previous, neither } = usage;
    console.log(`MASTER_KEY (${keys.current.id.toString("hex")}): ${inWords(current)}`);
    if (keys.previous) {
      console.log(`MASTER_KEY_PREVIOUS (${keys.previous.id.toString("hex")}): ${inWords(previous)}`);
    }
    if (isUsed(neither)) console.log(`neither, so out of use: ${inWords(neither)}`);
    if (!keys.previous) return 0;
    console.log(
      isUsed(previous)
        ? stillNeeded(previous)
        : "MASTER_KEY_PREVIOUS is needed no more: take it out of the settings.",
    );
    return isUsed(previous) ? 1 : 0;
  } finally {
    await database.close();
  }
}

async function withAdministrator<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ hidden: boolean }>(
      "select row_security_active('auth.sessions') or row_security_active('auth.signing_keys') or row_security_active('audit.signing_keys') or row_security_active('auth.totp_factors') or row_security_active('auth.mails') or row_security_active('auth.webhook_secrets') or row_security_active('auth.model_providers') or row_security_active('auth.tool_secrets') as hidden",
    );
    // Row security would hide what is to be counted, and nothing counted would read as nothing needed.
    if (rows[0]?.hidden)
      throw new CommandError("this role does not see all rows; DATABASE_URL has to be a superuser's");
    return await work(client);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || !["3F000", "42P01", "42501"].includes(error.code ?? ""))
      throw error;
    throw new CommandError(
      `${error.message}; DATABASE_URL has to be a superuser's, of a database that was migrated`,
      {
        cause: error,
      },
    );
  } finally {
    await client.end();
  }
}

/** How much is encrypted under a key. */
const encrypted = (usage: KeyUsage): number =>
  usage.signingKeys +
  usage.auditKeys +
  usage.secondFactors +
  usage.mails +
  usage.webhookSecrets +
  usage.providerKeys +
  usage.toolSecrets;

const isUsed = (usage: KeyUsage): boolean => encrypted(usage) + usage.sessions > 0;

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

function inWords({
  signingKeys,
  auditKeys,
  secondFactors,
  mails,
  webhookSecrets,
  providerKeys,
  toolSecrets,
  sessions,
}: KeyUsage): string {
  const sealing = auditKeys > 0 ? `, ${count(auditKeys, "audit key")}` : "";
  const factors = secondFactors > 0 ? `, ${count(secondFactors, "second factor")}` : "";
  const waiting = mails > 0 ? `, ${count(mails, "mail")}` : "";
  const hooks = webhookSecrets > 0 ? `, ${count(webhookSecrets, "webhook secret")}` : "";
  const lent = providerKeys > 0 ? `, ${count(providerKeys, "provider key")}` : "";
  const sent = toolSecrets > 0 ? `, ${count(toolSecrets, "tool secret")}` : "";
  return `${count(signingKeys, "signing key")}, ${count(sessions, "live session")}${sealing}${factors}${waiting}${hooks}${lent}${sent}`;
}

function stillNeeded(usage: KeyUsage): string {
  const { lastSessionEnds } = usage;
  const reasons = [
    ...(encrypted(usage) > 0 ? ["`rowhouse keys reencrypt` has taken what is encrypted to the new key"] : []),
    ...(lastSessionEnds
      ? [`its sessions are over, by ${lastSessionEnds.toISOString()} at the latest unless they are renewed`]
      : []),
  ];
  return `MASTER_KEY_PREVIOUS is still needed, until ${reasons.join(" and ")}.`;
}
