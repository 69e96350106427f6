import { ownKeys } from "../audit/own_keys.ts";
import { signTrees } from "../audit/sign_trees.ts";
import { takeOutside } from "../audit/take_outside.ts";
import { masterKeys } from "../auth/encryption.ts";
import { callFunction, type Job } from "./job.ts";

/** Milliseconds for which a run seals: then another job may have its turn. What is left waits a minute. */
const MOST = 30_000;
/** Events that one transaction seals. */
const BATCH = 2_000;

/** Somebody rewrote what was sealed and signed. */
class TrailRewritten extends Error {
  constructor(tenants: readonly string[]) {
    super(
      `the sealed trail of ${tenants.join(", ")} does not go on from its last checkpoint, so it is not signed: run "rowhouse audit verify"`,
    );
    this.name = "TrailRewritten";
  }
}

/**
 * Seals the events whose transactions have ended, signs a checkpoint of each tree that has grown, and takes it to whoever keeps
 * it outside.
 *
 * @throws {TrailRewritten} once the others are signed
 */
export const sealAudit: Job = async (context) => {
  const until = performance.now() + MOST;
  let sealed = 0;
  for (let more = true; more && performance.now() < until; ) {
    const step = await callFunction<{ sealed: number; more: boolean }>(
      context,
      "select jobs.seal_audit($1)",
      [BATCH],
    );
    sealed += step.sealed;
    more = step.more;
  }
  const { origin, outside } = context.config.audit;
  const keys = await ownKeys(context.database, masterKeys(context.config), origin);
  const { signed, refused } = await signTrees(context.database, keys);
  if (refused.length > 0) throw new TrailRewritten(refused);
  const anchored = await takeOutside(context.database, outside);
  return { sealed, signed, anchored };
};
