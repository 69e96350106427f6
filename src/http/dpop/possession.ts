import type { Context } from "koa";
import { dpopNonces, NONCE_LIFETIME } from "../../auth/dpop/nonces.ts";
import { InvalidProof, type Proof, readProof } from "../../auth/dpop/proof.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import { digest } from "../../auth/session_secrets.ts";
import type { Config } from "../../config.ts";
import type { Log } from "../../log.ts";
import { ownOrigins } from "../cors.ts";
import { invalid, type ProofFault, proofRefusal } from "./refusals.ts";
import { rememberUsedProofs } from "./used_proofs.ts";

/** Seconds by which a client's clock may be off ours, either way, before it needs a nonce. */
const LEEWAY = 60;

const STALE: ProofFault = {
  code: "use_dpop_nonce",
  detail: "Put the DPoP-Nonce of this answer into a new proof.",
};

/** Finds out which key a request proves to hold (DPoP, RFC 9449). */
export interface Possession {
  /**
   * The thumbprint of the key; undefined for a request without a `DPoP` header.
   *
   * @param accessToken what the proof has to be for too, if the request has one
   * @throws {Problem} invalid_dpop_proof, use_dpop_nonce: 401, or 400 without an access token
   */
  prove(ctx: Context, accessToken?: string): Promise<string | undefined>;
  close(): void;
}

export function openPossession(
  config: Pick<Config, "publicUrl" | "redisUrl">,
  keys: MasterKeys,
  log: Log,
): Possession {
  const nonces = dpopNonces(keys);
  // A proof without a nonce can be taken for twice the leeway, which is less.
  const used = rememberUsedProofs(config.redisUrl, log, NONCE_LIFETIME);
  const origins = ownOrigins(config.publicUrl);

  /** What keeps a proof that is well made from being one for this request, now. */
  async function fault(ctx: Context, proof: Proof, accessToken?: string): Promise<ProofFault | null> {
    if (proof.method !== ctx.method) return invalid("The DPoP proof is for another method (htm).");
    if (!isAddressOf(ctx, proof.address, origins)) {
      return invalid("The DPoP proof is for another address (htu).");
    }
    if (accessToken !== undefined && proof.accessToken !== digest(accessToken).toString("base64url")) {
      return invalid("The DPoP proof is not for this access token (ath).");
    }
    const isFresh =
      proof.nonce === undefined
        ? Math.abs(Date.now() / 1000 - proof.issuedAt) <= LEEWAY
        : nonces.isGood(proof.nonce);
    if (!isFresh) return STALE;
    if (await used.isFirst(proof.thumbprint, proof.id)) return null;
    return invalid("The DPoP proof was used before (jti): make one for each request.");
  }

  return {
    async prove(ctx, accessToken) {
      // A second header is joined to the first by a comma, and two proofs are none.
      const text = ctx.req.headers.dpop;
      if (text === undefined) return undefined;
      ctx.set("DPoP-Nonce", nonces.current());
      const withToken = accessToken !== undefined;
      const proof = await readProof(String(text)).catch((error) => {
        if (error instanceof InvalidProof) throw proofRefusal(invalid(error.message), withToken, error);
        throw error;
      });
      const found = await fault(ctx, proof, accessToken);
      if (found) throw proofRefusal(found, withToken);
      return proof.thumbprint;
    },
    close: used.close,
  };
}

/**
 * Whether a proof's address is this request's, without query and fragment. The origin is the one that we are configured
 * to have: what `Host` says, whoever sent the request has chosen.
 */
function isAddressOf(ctx: Context, address: string, origins: readonly string[]): boolean {
  const url = URL.parse(address);
  if (!url || url.username || url.password) return false;
  return origins.some(
    (origin) => url.origin === origin && url.pathname === new URL(origin + ctx.path).pathname,
  );
}
