import type pg from "pg";

/** Does work in a transaction in which no trigger fires, nor any foreign key's. */
export async function withTriggersOff<Done>(
  admin: pg.Pool,
  work: (client: pg.ClientBase) => Promise<Done>,
): Promise<Done> {
  const client = await admin.connect();
  try {
    await client.query("begin");
    await client.query("set local session_replication_role = replica");
    const done = await work(client);
    await client.query("commit");
    return done;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
