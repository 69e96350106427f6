import type { Row } from "../fixture/tenant.ts";
import type { Attempt } from "./attempt.ts";
import { changing } from "./tables/changing.ts";
import { inserting } from "./tables/inserting.ts";
import { pointing } from "./tables/pointing.ts";
import { probing } from "./tables/probing.ts";
import { reading } from "./tables/reading.ts";
import type { TableAttack } from "./tables/table_attack.ts";
import { wholesale } from "./tables/wholesale.ts";
import { within } from "./tables/within.ts";

/** Everything that one caller tries with one table or partition. */
export function* tableAttempts(attack: TableAttack): Generator<Attempt> {
  const parts = [
    within(attack),
    reading(attack),
    inserting(attack),
    changing(attack),
    pointing(attack),
    probing(attack),
    wholesale(attack),
  ];
  const seen = new Set<string>();
  for (const part of parts) {
    for (const { rows = [], ...attempt } of part) {
      if (attempt.sql !== "" && seen.has(attempt.sql)) continue;
      seen.add(attempt.sql);
      yield {
        ...attempt,
        caller: attack.caller,
        target: attack.relation.name,
        bait: attack.bait,
        rows: rows.filter((row): row is Row => row != null),
      };
    }
  }
}
