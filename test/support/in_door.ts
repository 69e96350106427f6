import pg from "pg";

/** What the door needs of somebody: the digest of their credential, and what it says about the request. */
export interface Actor {
  /** sha256 of the session handle or API key. */
  readonly digest: Buffer;
  readonly facts?: Readonly<Record<string, string>>;
}

/** What came of a statement: its rows, or the refusal. */
export type Outcome =
  | { readonly rows: readonly Record<string, unknown>[]; readonly count: number }
  | { readonly refusal: pg.DatabaseError };

/**
 * One statement in a transaction of its own that enters through the door.
 *
 * @param app a pool of the role rowhouse_app
 * @param actor who enters; null stays outside
 * @param commit whether what it did stays
 */
export async function inDoor(
  app: pg.Pool,
  actor: Actor | null,
  sql: string,
  values: unknown[],
  commit: boolean,
): Promise<Outcome> {
  const client = await app.connect();
  try {
    await client.query("begin");
    if (actor) {
      await client.query("select context.enter($1, $2)", [actor.digest, JSON.stringify(actor.facts ?? {})]);
    }
    const result = await client.query(sql, values);
    // Deferred constraints speak at commit; where nothing should stay they are asked to speak now.
    await client.query(commit ? "commit" : "set constraints all immediate");
    return { rows: result.rows, count: result.rowCount ?? 0 };
  } catch (error) {
    if (error instanceof pg.DatabaseError) return { refusal: error };
    throw error;
  } finally {
    await client.query("rollback");
    client.release();
  }
}
