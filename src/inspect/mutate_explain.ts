import type { Mutant } from "./mutants.ts";

/** Why a mutant that nobody noticed lets nothing across, or null if it cannot be said in advance. */
export function explain(mutant: Mutant): string | null {
  return EXPLANATIONS.find(([pattern]) => pattern.test(mutant.name))?.[1] ?? null;
}

const EXPLANATIONS: readonly (readonly [RegExp, string])[] = [
  [
    /^drop trigger audit_truncate on app\.(tenants|users|roles|memberships|conversations)$/,
    "A truncate of this table must cascade to tables that have the trigger themselves, and they refuse; nobody but the owner may truncate anyway.",
  ],
  [
    /^context\.claims\(\): the backend is not checked$/,
    "The transaction's timestamp is checked too: two backends would have to begin in the same microsecond and know each other's seal.",
  ],
  [
    /^context\.claims\(\): the expiry is not checked$/,
    "On one server a seal dies with its transaction; the expiry stands in for that where servers' clocks differ (Citus).",
  ],
  [
    /^with check \(the wall\): "managers of roles change roles they hold" on app\.roles$/,
    "The row came through the policy's using, which asks for the same permission, and built_in is granted to nobody for input.",
  ],
];
