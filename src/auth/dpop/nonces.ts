import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { MasterKeys } from "../encryption.ts";

/** Seconds after which there is another nonce. The one before it stays good as long again. */
const WINDOW = 120;

/** How long a nonce can be good in any process, in seconds: ours and those whose clocks are a window ahead or behind. */
export const NONCE_LIFETIME = 3 * WINDOW;

const COUNTER = 6;

/** What we give clients to put into their proofs, so that a proof's age is known by our clock and not by theirs. */
export interface Nonces {
  current(): string;
  isGood(nonce: string): boolean;
}

/**
 * Nonces that nobody has to remember: the number of the window in which each was made, and an HMAC over it under a key
 * derived from the master key, so that every process knows those of the others.
 */
export function dpopNonces({ current, previous }: MasterKeys): Nonces {
  const [key, former] = [current, previous].map(
    (master) => master && Buffer.from(hkdfSync("sha256", master.secret, "", "dpop nonce", 32)),
  );
  const now = (): number => Math.floor(Date.now() / 1000 / WINDOW);

  return {
    current: () => nonceOf(key!, now()),
    isGood(nonce) {
      const bytes = Buffer.from(nonce, "base64url");
      if (bytes.length !== COUNTER + 32) return false;
      const window = bytes.readUIntBE(0, COUNTER);
      if (Math.abs(window - now()) > 1) return false;
      return [key, former].some((known) => known && isSame(nonce, nonceOf(known, window)));
    },
  };
}

function nonceOf(key: Buffer, window: number): string {
  const counter = Buffer.alloc(COUNTER);
  counter.writeUIntBE(window, 0, COUNTER);
  return Buffer.concat([counter, createHmac("sha256", key).update(counter).digest()]).toString("base64url");
}

function isSame(given: string, ours: string): boolean {
  return given.length === ours.length && timingSafeEqual(Buffer.from(given), Buffer.from(ours));
}
