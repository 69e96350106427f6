import type pg from "pg";

export interface Watched {
  readonly id: string;
  readonly tenantId: string;
  /** Those that the answer rests on. */
  readonly documents: readonly string[];
}

/** Milliseconds between looks. A turn that must end does so within two seconds. */
const EVERY = 1_000;

/**
 * Asks once a second, for all turns of this process in one call, which of them must end; it renews their leases by that.
 *
 * @param running those that are under way
 * @param end told of a turn that must end, with a reason of auth.watch_turns()
 */
export function watchTurns(
  auth: Pick<pg.Pool, "query">,
  running: () => readonly Watched[],
  end: (id: string, reason: string) => void,
  failed: (error: unknown) => void,
): { stop(): void } {
  let looking = false;
  const timer = setInterval(look, EVERY).unref();

  async function look(): Promise<void> {
    const turns = running();
    if (looking || turns.length === 0) return;
    looking = true;
    try {
      const { rows } = await auth.query<{ turn_id: string; reason: string }>({
        name: "watch_turns",
        text: "select turn_id, reason from auth.watch_turns($1, $2, $3)",
        values: [
          turns.map(({ tenantId }) => tenantId),
          turns.map(({ id }) => id),
          JSON.stringify(Object.fromEntries(turns.map(({ id, documents }) => [id, documents]))),
        ],
      });
      for (const { turn_id, reason } of rows) end(turn_id, reason);
    } catch (error) {
      failed(error);
    } finally {
      looking = false;
    }
  }
  return { stop: () => clearInterval(timer) };
}
