import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import type { TokenAuthority } from "../../auth/access_token.ts";
import type { ToolCaller } from "./offered_tool.ts";

/** Seconds for which a tool may believe who asks. */
export const TOOL_TOKEN_LIFETIME = 60;

/** What these tokens say that they are, so that none of them opens our door (RFC 8725 section 3.11). */
const TYPE = "rowhouse-tool+jwt";

export interface ToolTokenFor {
  /** Of the tool's server: only its origin may believe the token. */
  readonly url: string;
  /** The tool, as its server calls it; absent where it is asked what it offers. */
  readonly tool?: string;
  readonly turn?: string;
}

/**
 * Tells a tool who asks: a JWT under the key that signs access tokens, which anybody checks by /.well-known/jwks.json. Another
 * `typ` and another `aud` than an access token's, and no session in it: it is a name and no key.
 */
export async function issueToolToken(
  { keys, issuer }: TokenAuthority,
  { subject, tenantId, tenant }: ToolCaller,
  { url, tool, turn }: ToolTokenFor,
): Promise<string> {
  const { id, algorithm, privateKey } = await keys.signer();
  return new SignJWT({
    tid: tenantId,
    tenant,
    scope: tool === undefined ? "list" : "call",
    ...(tool !== undefined && { tool }),
    ...(turn !== undefined && { turn }),
  })
    .setProtectedHeader({ alg: algorithm, kid: id, typ: TYPE })
    .setIssuer(issuer)
    .setAudience(new URL(url).origin)
    .setSubject(subject)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${TOOL_TOKEN_LIFETIME}s`)
    .sign(privateKey);
}
