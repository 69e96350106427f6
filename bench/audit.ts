// What the trail costs: updates with and without the trigger that records them.
// node bench/audit.ts
import type pg from "pg";
import { race } from "./clients.ts";
import { median, milliseconds, table } from "./measure.ts";
import { addRows } from "./people.ts";
import { withServer } from "./server.ts";

const CONVERSATIONS = 10_000;
const ROUNDS = 7;

await withServer(async ({ admin }) => {
  await addRows(admin, "acme", 20);
  const { rows } = await admin.query<{ tenant_id: string; id: string }>(
    `insert into app.conversations (tenant_id, user_id, title)
     select tenant_id, user_id, 'One of many'
     from app.memberships cross join generate_series(1, $1::integer / 20)
     returning tenant_id, id`,
    [CONVERSATIONS],
  );
  await admin.query("vacuum (analyze) app.conversations");
  const audit = (on: boolean) => () =>
    admin.query(`alter table app.conversations ${on ? "enable" : "disable"} trigger audit_changes`);

  const turn = (client: pg.ClientBase, turn: number) => {
    const row = rows[turn % rows.length];
    return client.query({
      name: "update",
      text: "update app.conversations set title = $3 where tenant_id = $1 and id = $2",
      values: [row?.tenant_id, row?.id, `Title ${turn}`],
    });
  };
  const rates = await race({
    without: { pool: admin, turn, before: audit(false) },
    with: { pool: admin, turn, before: audit(true) },
  });

  const bulk = { without: [] as number[], with: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const variant of ["without", "with"] as const) {
      await audit(variant === "with")();
      const began = performance.now();
      await admin.query("update app.conversations set title = $1", [`Round ${round}`]);
      bulk[variant].push(performance.now() - began);
    }
  }

  const [without, recorded] = [median(bulk.without), median(bulk.with)];
  console.log(
    table(
      ["", "without the trail", "with it", "ratio"],
      [
        [
          "updates of one row per second, 4 clients",
          Math.round(rates.without).toLocaleString("en"),
          Math.round(rates.with).toLocaleString("en"),
          (rates.without / rates.with).toFixed(2),
        ],
        [
          `one update of ${CONVERSATIONS.toLocaleString("en")} rows`,
          milliseconds(without),
          milliseconds(recorded),
          (recorded / without).toFixed(2),
        ],
      ],
    ),
  );
});
