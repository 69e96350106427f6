import pg from "pg";
import { inject } from "vitest";

/**
 * Roles are the whole server's, and test files run beside each other: who makes a member of one of ours and who counts
 * those there are take turns.
 *
 * @returns ends the turn
 */
export async function takeTurn(): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: inject("adminUrl") });
  await client.connect();
  await client.query("select pg_advisory_lock(hashtext('members of our roles'))");
  return () => client.end();
}
