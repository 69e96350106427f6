import type { Attempt } from "../attempt.ts";
import type { Learning } from "./learning.ts";

/** Where a row lies and who wrote it: of one's own rows no leak, but a ruler to measure everybody's by. */
export function* systemColumnAttempts({ basis, relation }: Learning): Generator<Attempt> {
  const { otherwise: _, ...rest } = basis;
  for (const column of ["ctid", "xmin", "tableoid"]) {
    yield {
      ...rest,
      name: `select ${column}`,
      whose: "own",
      wrong: "nothing",
      sql: `select ${column} from ${relation.name} limit 1`,
    };
  }
}
