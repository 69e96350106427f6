import type { TokenAuthority } from "../../auth/access_token.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Reach } from "../../egress/addresses.ts";
import type { SealedToolSecret, ToolCaller } from "./offered_tool.ts";
import { openToolSecret } from "./tool_secret.ts";
import { issueToolToken } from "./tool_token.ts";

/** With what tools are called. */
export interface ToolMeans {
  readonly authority: TokenAuthority;
  readonly keys: MasterKeys;
  /** Where they may be. */
  readonly reach: Reach & { readonly ca?: string };
  /** Milliseconds that a call may take, in which the tool's token is good. */
  readonly patience?: number;
}

/** Which tool, or which server, is called for whom. */
export interface ToolDestination {
  readonly caller: ToolCaller;
  readonly url: string;
  readonly secret: SealedToolSecret | null;
  readonly tool?: string;
  readonly turn?: string;
}

/**
 * All that a tool learns beside its input: who asks, by a token that is good there and nowhere else, and what its company gave us to
 * send. Neither the caller's own credential nor anything of ours is among it.
 *
 * @throws {CannotDecrypt}
 */
export async function toolHeaders(
  { authority, keys }: ToolMeans,
  { caller, url, secret, tool, turn }: ToolDestination,
): Promise<Record<string, string>> {
  const token = await issueToolToken(authority, caller, {
    url,
    ...(tool !== undefined && { tool }),
    ...(turn !== undefined && { turn }),
  });
  const own = secret && openToolSecret(keys, secret);
  return {
    "User-Agent": "Rowhouse-Tools/1",
    "X-Rowhouse-Identity": token,
    // What checks tokens looks here, unless the company has another use for it.
    Authorization: `Bearer ${token}`,
    ...(own && { [own.header.toLowerCase() === "authorization" ? "Authorization" : own.header]: own.value }),
  };
}
