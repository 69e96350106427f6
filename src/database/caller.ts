import { hash } from "node:crypto";

/** On whose behalf SQL runs. Who that is, and what they may do, only the database knows. */
export interface Caller {
  /** sha256 of the secret (a session's handle or an API key), 32 bytes. */
  readonly credential: Buffer;
  /** It is an API key. */
  readonly byKey?: true;
  /** It is the operator's, who is in to help. */
  readonly bySupport?: true;
  readonly facts: {
    readonly request_id: string;
    readonly ip: string;
    readonly user_agent: string | null;
    /** Of the key that the request proves to hold (DPoP, RFC 9449), where it comes with a proof. */
    readonly key_thumbprint?: string;
    /** The tenant that the credential names (a token's `tid`). */
    readonly tenant_id?: string;
    /** The page that asks with an API key (`Origin`). */
    readonly origin?: string;
    /** The changes of this request are made at most once: digests in hexadecimal, and a UUID for this attempt. */
    readonly idempotency?: { readonly key: string; readonly request: string; readonly attempt: string };
  };
}

const names = new WeakMap<Buffer, string>();

/**
 * What a credential is called where it is counted or remembered: a digest of it, because the door opens for the
 * credential itself.
 */
export function nameOf({ credential }: Pick<Caller, "credential">): string {
  const known = names.get(credential);
  if (known !== undefined) return known;
  const name = hash("sha256", credential, "base64url");
  names.set(credential, name);
  return name;
}
