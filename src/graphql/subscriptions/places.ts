import { type Caller, nameOf } from "../../database/caller.ts";
import { Problem } from "../../http/problem.ts";

/** How many of a tenant's subscriptions are asked again at once: whoever sends a request is not to wait for all of them. */
const AT_ONCE = 2;

/** Room for subscriptions, shared among tenants and their credentials. */
export interface Places {
  /** @throws {Problem} 429 `too_many_subscriptions` */
  take(caller: Caller): Place;
}

export interface Place {
  /** Runs what asks a query again, when it is the tenant's turn. */
  inTurn<T>(ask: () => Promise<T>): Promise<T>;
  /** Leaves it to others; once. */
  leave(): void;
}

/** Those of one tenant, or of one key that does not name its tenant. */
interface Party {
  open: number;
  asking: number;
  readonly waiting: (() => void)[];
}

/**
 * As with connections to the database, a tenant may take another place while it has fewer than are free: one alone gets half of them,
 * and whoever comes later finds some left.
 */
export function createPlaces(limits: { readonly most: number; readonly perCredential: number }): Places {
  const parties = new Map<string, Party>();
  const credentials = new Map<string, number>();
  let free = limits.most;

  return {
    take(caller) {
      const credential = nameOf(caller);
      const tenant = caller.facts.tenant_id ?? credential;
      const party = parties.get(tenant) ?? { open: 0, asking: 0, waiting: [] };
      const mine = credentials.get(credential) ?? 0;
      if (mine >= limits.perCredential) {
        throw tooMany(
          `With one credential there are at most ${limits.perCredential} subscriptions open at a time.`,
        );
      }
      if (party.open >= free) {
        throw tooMany("As many subscriptions are open here as there may be. Try again in a while.");
      }
      parties.set(tenant, party);
      credentials.set(credential, mine + 1);
      party.open += 1;
      free -= 1;

      return {
        async inTurn(ask) {
          if (party.asking >= AT_ONCE) await new Promise<void>((serve) => party.waiting.push(serve));
          else party.asking += 1;
          try {
            return await ask();
          } finally {
            const serve = party.waiting.shift();
            if (serve) serve();
            else party.asking -= 1;
          }
        },
        leave() {
          free += 1;
          party.open -= 1;
          if (party.open === 0) parties.delete(tenant);
          const others = credentials.get(credential)! - 1;
          if (others === 0) credentials.delete(credential);
          else credentials.set(credential, others);
        },
      };
    },
  };
}

function tooMany(message: string): Problem {
  return new Problem(429, "too_many_subscriptions", message, { headers: { "Retry-After": "10" } });
}
