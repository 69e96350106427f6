import type { Relation } from "../../fixture/catalogue.ts";
import type { Row } from "../../fixture/tenant.ts";
import type { Attempt } from "../attempt.ts";
import type { TableAttack } from "../tables/table_attack.ts";

/** What attempts to learn of one row, without reading it, have in common. */
export interface Learning {
  readonly attack: TableAttack;
  readonly relation: Relation;
  /** The row of the other tenant that is asked about. */
  readonly subject: Row;
  readonly basis: Omit<Attempt, "name" | "sql" | "parts">;
}

/** How the caller's context is, and whether a look at the table then raises. */
export interface Situated {
  /** For example `with a broken context`. */
  readonly context: string;
  readonly raises: boolean;
}
