// PostGraphile as its documentation starts it: its own adaptor and its own HTTP server, the Amber preset, the caller's
// tenant as a setting of each transaction.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { answerParent } from "../child.ts";
import { bearerCheck } from "./bearer.ts";
import type { Settings, Started } from "./settings.ts";

answerParent(async ({ databaseUrl, poolSize, issuer, publicJwk }: Settings): Promise<Started> => {
  const bearerOf = await bearerCheck(publicJwk, issuer);
  const instance = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [
      makePgService({ connectionString: databaseUrl, schemas: ["plain"], poolConfig: { max: poolSize } }),
    ],
    grafserv: { graphiql: false, watch: false },
    grafast: {
      async context({ node }) {
        const { userId, tenantId } = await bearerOf(node?.req.headers.authorization);
        return { pgSettings: { "app.user_id": userId, "app.tenant_id": tenantId } };
      },
    },
  });
  const server = createServer();
  await instance.createServ(grafserv).addTo(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
});
