import type pg from "pg";
import { type MasterKey, type MasterKeys, namesMasterKey } from "./encryption.ts";
import { digest, sessionHandle } from "./session_secrets.ts";

/** What in a database still needs one master key. */
export interface KeyUsage {
  /** Signing keys that are in use and whose private half only this key opens. */
  signingKeys: number;
  /** Keys of the trail's checkpoints whose private half only this key opens. */
  auditKeys: number;
  /** Seeds of second factors that only this key opens (src/auth/reencrypt.ts). */
  secondFactors: number;
  /** Mails that wait, with a link and a code that only this key opens. */
  mails: number;
  /** Secrets that webhooks are signed with, and that only this key opens. */
  webhookSecrets: number;
  /** Keys of companies' own providers of models that only this key opens. */
  providerKeys: number;
  /** Secrets of companies' tool servers that only this key opens. */
  toolSecrets: number;
  /** Live sessions whose tokens come from this key. */
  sessions: number;
  /** When the last of these sessions ends by itself; null where there is none. */
  lastSessionEnds: Date | null;
}

/** Sessions read at a time. */
const PAGE = 5_000;

/**
 * Counts what each master key is still needed for. A session does not say under which key it was begun; its handle is
 * derived again from each and compared with what the database holds.
 *
 * @param admin reads past row security
 */
export async function keyUsage(
  admin: pg.ClientBase,
  keys: MasterKeys,
): Promise<Record<"current" | "previous" | "neither", KeyUsage>> {
  const nothing = (): KeyUsage => ({
    signingKeys: 0,
    auditKeys: 0,
    secondFactors: 0,
    mails: 0,
    webhookSecrets: 0,
    providerKeys: 0,
    toolSecrets: 0,
    sessions: 0,
    lastSessionEnds: null,
  });
  const usage = { current: nothing(), previous: nothing(), neither: nothing() };
  const of = (belongs: (key: MasterKey) => boolean): KeyUsage => {
    if (belongs(keys.current)) return usage.current;
    return keys.previous && belongs(keys.previous) ? usage.previous : usage.neither;
  };

  const { rows: envelopes } = await admin.query<{ private_jwk: string }>(
    "select private_jwk from auth.signing_keys where expires_at is null or expires_at > now()",
  );
  for (const { private_jwk } of envelopes) of((key) => namesMasterKey(private_jwk, key)).signingKeys++;

  // The newest signs; of the others it is known by their private halves that they are ours.
  const { rows: sealing } = await admin.query<{ private_key: string }>(
    "select private_key from audit.signing_keys",
  );
  for (const { private_key } of sealing) of((key) => namesMasterKey(private_key, key)).auditKeys++;

  const { rows: seeds } = await admin.query<{ seed: string }>("select seed from auth.totp_factors");
  for (const { seed } of seeds) of((key) => namesMasterKey(seed, key)).secondFactors++;

  const { rows: waiting } = await admin.query<{ secret: string }>(
    "select secret from auth.mails where state = 'pending' and secret is not null",
  );
  for (const { secret } of waiting) of((key) => namesMasterKey(secret, key)).mails++;

  const { rows: signing } = await admin.query<{ secret: string }>(
    "select secret from auth.webhook_secrets where expires_at is null or expires_at > now()",
  );
  for (const { secret } of signing) of((key) => namesMasterKey(secret, key)).webhookSecrets++;

  const { rows: lent } = await admin.query<{ sealed_key: string }>(
    "select sealed_key from auth.model_providers where sealed_key is not null",
  );
  for (const { sealed_key } of lent) of((key) => namesMasterKey(sealed_key, key)).providerKeys++;

  const { rows: sent } = await admin.query<{ sealed: string }>("select sealed from auth.tool_secrets");
  for (const { sealed } of sent) of((key) => namesMasterKey(sealed, key)).toolSecrets++;

  for (let after = "00000000-0000-0000-0000-000000000000"; ; ) {
    const { rows } = await admin.query<{ id: string; handle_digest: Buffer; ends: Date }>(
      `select id, handle_digest, least(idle_expires_at, expires_at) as ends from auth.sessions
       where ended_at is null and least(idle_expires_at, expires_at) > now() and id > $1
       order by id limit ${PAGE}`,
      [after],
    );
    for (const { id, handle_digest, ends } of rows) {
      const session = of((key) => storedDigest(key, id).equals(handle_digest));
      session.sessions++;
      if (session.lastSessionEnds === null || session.lastSessionEnds < ends) session.lastSessionEnds = ends;
    }
    if (rows.length < PAGE) return usage;
    after = rows.at(-1)!.id;
  }
}

/** What auth.sessions holds of a session's handle: sha256 of the digest that comes to the door. */
function storedDigest(key: MasterKey, session: string): Buffer {
  return digest(digest(sessionHandle(key, session)));
}
