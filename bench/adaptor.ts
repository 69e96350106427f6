// node bench/adaptor.ts: the time of a GraphQL request with the door and the query in one round trip, beside
// the same schema with begin, door, query and commit one after the other, as PostGraphile's stock adaptor
// sends them (with set_config in the door's place). Both in the same run, over the same proxy, taking turns.
import "../src/graphql/environment.ts";
import pg from "pg";
import type { WithPgClient } from "postgraphile/@dataplan/pg";
import { makePgAdaptorWithPgClient, type NodePostgresPgClient } from "postgraphile/adaptors/pg";
import { callerOf, openApi } from "./graphql.ts";
import { median, milliseconds, table } from "./measure.ts";
import { addRows } from "./people.ts";
import { withServer } from "./server.ts";
import { slowNetwork } from "./slow_network.ts";

const ROUNDS = Number(process.argv[2] ?? 100);

const requests = {
  "one read": "{ myConversations { nodes { id title messages { nodes { content } } } } }",
  "three roots": "{ me { name } myTenant { name } myConversations { nodes { title } } }",
  "create and payload": `mutation { createConversation(input: {conversation: {title: "bench"}}) {
    conversation { id title member { displayName } } } }`,
} as const;

const rows: string[][] = [];
await withServer(async ({ admin, app }) => {
  const [, member] = await addRows(admin, "acme", 2);
  if (!member) throw new Error("nobody moved in");
  const caller = callerOf(member);
  const url = new URL(String(app.options.connectionString));
  for (const roundTrip of [0, 10]) {
    const network = await slowNetwork(Number(url.port), roundTrip);
    const near = new URL(url);
    near.port = String(network.port);
    const open = () => new pg.Pool({ connectionString: near.href, max: 10 });
    const slow = open();
    const stock = await openApi(slow, (service) => oneAfterTheOther(service, slow));
    const ours = await openApi(open());
    try {
      for (const [name, query] of Object.entries(requests)) {
        const times = { stock: [] as number[], ours: [] as number[] };
        for (let round = -10; round < ROUNDS; round++) {
          // They take turns at going first, so that neither always finds the caches warm.
          const turns = round % 2 === 0 ? (["ours", "stock"] as const) : (["stock", "ours"] as const);
          for (const name of turns) {
            const { milliseconds: took } = await { ours, stock }[name].ask(query, caller);
            if (round >= 0) times[name].push(took);
          }
        }
        const [before, after] = [median(times.stock), median(times.ours)];
        rows.push([
          `${roundTrip} ms`,
          name,
          milliseconds(before),
          milliseconds(after),
          `${(before / after).toFixed(2)}×`,
        ]);
      }
    } finally {
      await stock.close();
      await ours.close();
      await network.close();
    }
  }
});
console.log(`Medians of ${ROUNDS} requests, one at a time.\n`);
console.log(table(["network", "request", "four round trips", "one round trip", "ratio"], rows));

/** The stock adaptor opens no transaction without settings, so it can be given one that the door opens. */
function oneAfterTheOther(
  service: GraphileConfig.PgServiceConfiguration,
  pool: pg.Pool,
): GraphileConfig.PgServiceConfiguration {
  const stock = makePgAdaptorWithPgClient(pool);
  const withPgClient: WithPgClient<NodePostgresPgClient> = (settings, callback) =>
    stock(null, async (client) => {
      if (!settings?.credential) return callback(client);
      await client.query({ text: "begin" });
      await client.query({
        text: "select context.enter($1, $2)",
        values: [Buffer.from(settings.credential, "hex"), settings.facts],
        name: "door",
      });
      try {
        const result = await callback(client);
        await client.query({ text: "commit" });
        return result;
      } catch (error) {
        await client.query({ text: "rollback" });
        throw error;
      }
    });
  return { ...service, adaptor: { ...service.adaptor, createWithPgClient: () => withPgClient } };
}
