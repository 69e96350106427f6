import type { Mutant } from "./mutants.ts";

/** Why a mutant that nobody noticed lets nothing across, or null if it cannot be said in advance. */
export function explain(mutant: Mutant): string | null {
  return EXPLANATIONS.find(([pattern]) => pattern.test(mutant.name))?.[1] ?? null;
}

const EXPLANATIONS: readonly (readonly [RegExp, string])[] = [];
