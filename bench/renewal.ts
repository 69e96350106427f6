// What making the connection as new costs each request: one flush with the door and a small statement, with and
// without what goes before the door, by turns on one connection.
// node bench/renewal.ts
import { createHash } from "node:crypto";
import type pg from "pg";
import { type WireConnection, WireQuery, type WireValue } from "../src/database/pg_internals.ts";
import { RENEWAL } from "../src/database/renewal.ts";
import { DOOR } from "../src/database/statement.ts";
import { median, table } from "./measure.ts";
import { addRows } from "./people.ts";
import { withServer } from "./server.ts";

const ROUNDS = 4_000;

interface Step {
  readonly name: string;
  readonly values: readonly WireValue[];
}

/** Bind and Execute of each step, then of `select 1`, under one Sync. */
class Flush extends WireQuery {
  readonly #steps: readonly Step[];
  #ahead: number;

  constructor(steps: readonly Step[], callback: (error: Error | null) => void) {
    super({ name: "one", text: "select 1", queryMode: "extended" }, undefined, callback);
    this.#steps = steps;
    this.#ahead = steps.length;
  }

  override prepare(connection: WireConnection): void {
    for (const { name, values } of this.#steps) {
      connection.bind({ portal: "", statement: name, values, binary: false, valueMapper: (value) => value });
      connection.execute({ portal: "", rows: 0 });
    }
    super.prepare(connection);
  }

  override handleDataRow(message: unknown): void {
    if (this.#ahead === 0) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (this.#ahead > 0) this.#ahead -= 1;
    else super.handleCommandComplete(message, connection);
  }
}

await withServer(
  async ({ admin, app }) => {
    const [person] = await addRows(admin, "acme", 1);
    if (!person) throw new Error("nobody moved in");
    const client = await app.connect();
    const digest = createHash("sha256").update(person.handle).digest();
    const door = await prepared(client, "door", DOOR.replace("pg_catalog.pg_advisory_unlock_all(), ", ""), [
      digest,
      "{}",
      "10000",
    ]);
    const doorAndLocks = await prepared(client, "door_and_locks", DOOR, [digest, "{}", "10000"]);
    const renewal: Step[] = [];
    for (const [index, text] of RENEWAL.entries())
      renewal.push(await prepared(client, `renewal_${index}`, text, []));

    const contestants = { "the door": [door], "as new, then the door": [...renewal, doorAndLocks] };
    const times = new Map(Object.keys(contestants).map((name) => [name, [] as number[]]));
    for (let round = -200; round < ROUNDS; round++) {
      for (const [name, steps] of Object.entries(contestants)) {
        const began = performance.now();
        await flush(client, steps);
        if (round >= 0) times.get(name)?.push((performance.now() - began) * 1_000);
      }
    }
    client.release();
    const medians = [...times].map(([name, took]) => [name, median(took)] as const);
    const first = medians[0]?.[1] ?? Number.NaN;
    console.log(
      table(
        ["flush", "µs", "ratio"],
        medians.map(([name, took]) => [name, took.toFixed(0), (took / first).toFixed(2)]),
      ),
    );
  },
  { durable: false },
);

/** Has the server parse the statement under this name. */
async function prepared(
  client: pg.ClientBase,
  name: string,
  text: string,
  values: WireValue[],
): Promise<Step> {
  await client.query({ name, text, values });
  return { name, values };
}

function flush(client: pg.ClientBase, steps: readonly Step[]): Promise<void> {
  return new Promise((done, failed) => {
    client.query(new Flush(steps, (error) => (error ? failed(error) : done())));
  });
}
