import pg from "pg";
import type { Door } from "../../fixture/door.ts";
import type { Caller } from "../../fixture/tenant.ts";

/** A caller, and how their context is. */
export interface Situation {
  readonly caller: Caller;
  /** For example `with a broken context`. */
  readonly name: string;
}

/** One of a role's callers as they came in, with a context that they broke themselves, and without one. */
export function situationsOf(door: Door, callers: readonly Caller[], role: string): Situation[] {
  const mine = callers.filter((caller) => caller.role === role);
  const inside = mine.find(({ name }) => name === "member") ?? mine.find(({ enter }) => enter !== null);
  const outside = mine.find(({ enter }) => enter === null);
  const none = outside ? [{ caller: outside, name: "with no context" }] : [];
  if (!inside) return none;
  const breaking = door.variables.map(
    (variable) => `select pg_catalog.set_config(${pg.escapeLiteral(variable)}, 'garbage', true)`,
  );
  return [
    { caller: inside, name: "with a context" },
    ...(breaking.length === 0
      ? []
      : [
          {
            caller: { ...inside, enter: [inside.enter, ...breaking].join("; ") },
            name: "with a broken context",
          },
        ]),
    ...none,
  ];
}
