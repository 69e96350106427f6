import type pg from "pg";
import type { Caller } from "../../database/caller.ts";
import type { Subject } from "./subject.ts";

export interface Marked {
  readonly caller: Pick<Caller, "credential">;
  readonly subject: Subject;
  /** What was said of it last; null: nothing yet. */
  readonly mark: string | null;
}

/** Those of which auth.watch_subscriptions() says something else than last time, with what it says, in one call. */
export async function changedMarks<T extends Marked>(
  auth: Pick<pg.Pool, "query">,
  watched: readonly T[],
): Promise<readonly (readonly [T, string])[]> {
  const { rows } = await auth.query<{ place: number; mark: string }>({
    name: "watch_subscriptions",
    text: "select place, mark from auth.watch_subscriptions($1, $2, $3, $4)",
    values: [
      watched.map(({ caller }) => caller.credential),
      watched.map(({ subject }) => subject.kind),
      watched.map(({ subject }) => subject.id),
      watched.map(({ mark }) => mark),
    ],
  });
  return rows.map(({ place, mark }) => [watched[place - 1]!, mark] as const);
}
