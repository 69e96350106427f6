import { masterKeys } from "../auth/encryption.ts";
import { makeSigningKey } from "../auth/signing_keys.ts";
import { callFunction, type Job } from "./job.ts";

/** A key signs for 30 days. Its successor is published for an hour before it signs, for those who cache. */
const MAX_AGE = "30 days";
const LEAD = "1 hour";

/**
 * Publishes the next key for access tokens when the newest is 30 days old. The database decides whether
 * it is time, under a lock: of several workers that all offer a key, one is heard.
 */
export const rotateSigningKeys: Job = async (context) => {
  const { config } = context;
  const key = await makeSigningKey(masterKeys(config), config.accessTokenAlgorithm);
  const rotated = await callFunction<boolean>(
    context,
    "select jobs.install_signing_key($1, $2, $3, $4, $5, $6)",
    [key.id, key.algorithm, key.publicJwk, key.privateJwk, MAX_AGE, LEAD],
  );
  return { rotated, ...(rotated && { key: key.id }) };
};
