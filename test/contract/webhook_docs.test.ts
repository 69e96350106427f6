import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Code, statusesOf } from "../../src/http/codes.ts";
import { deliverWebhooks } from "../../src/jobs/deliver_webhooks.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { blocksOf, pageAt } from "../support/documents.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { jobContext } from "../support/jobs.ts";
import { createTenant, type Tenant } from "../support/people.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

const page = pageAt("docs/organisations/webhooks.md");
const blocks = (language: string): string[] => blocksOf(page, language);

test("the page names codes that there are, with the status that they have", () => {
  const rows = [...page.matchAll(/^\| .+ \| (\d{3}) \| .*?\[`(\w+)`\]\(\.\.\/errors\/(\w+)\.md\).* \|$/gm)];
  expect(rows).toHaveLength(4);
  for (const [, status, code, file] of rows) {
    expect(file).toBe(code);
    expect(statusesOf(code as Code), code).toContain(Number(status));
  }
});

describe("the examples", () => {
  let database: TestDatabase;
  let api: GraphQLHouse;
  let acme: Tenant;
  let receiver: Receiver;
  beforeAll(async () => {
    database = await createDatabase();
    acme = await createTenant(database);
    api = await startGraphQL(database);
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await receiver.close();
    await api.close();
    await database.drop();
  });

  test("do what the page says, one after the other", async () => {
    const variables: Record<string, string> = { url: receiver.url };
    let secret = "";
    const seen: string[] = [];
    for (const query of blocks("graphql")) {
      const name = /^(?:query|mutation) (\w+)/.exec(query)![1]!;
      const given = [...query.matchAll(/\$(\w+):/g)].map(([, key]) => [key!, variables[key!]]);
      const { data, errors } = await api.ask(acme.owner, query, Object.fromEntries(given));
      expect(errors, name).toEqual([]);
      seen.push(name);
      switch (name) {
        case "Events": {
          const names = data.webhookEventTypes.nodes.map((node: { name: string }) => node.name);
          for (const event of names) expect(page).toContain(`\`${event}\``);
          break;
        }
        case "Create":
          secret = data.createWebhookEndpoint.secret;
          variables.endpointId = data.createWebhookEndpoint.webhookEndpoint.id;
          break;
        case "Test":
          await actors(database.app)(acme.owner).rows(
            "insert into app.roles (name, permissions) values ('clerk', '{}')",
          );
          await deliverWebhooks(jobContext(database));
          expect(receiver.received).toHaveLength(2);
          break;
        case "Deliveries":
          expect(data.webhookDeliveries.nodes).toMatchObject([
            { type: "role.created", sequence: 2, state: "DELIVERED", attempts: 1, responseStatus: 204 },
            { type: "webhook.test", sequence: 1, state: "DELIVERED" },
          ]);
          variables.deliveryId = data.webhookDeliveries.nodes[0].id;
          break;
        case "DeadLetters":
          expect(data.webhookDeliveries.nodes).toEqual([]);
          break;
        case "Resend":
          expect(data.resendWebhookDelivery.webhookDelivery).toEqual({
            state: "PENDING",
            attempts: 0,
            sequence: 2,
          });
          break;
        case "Rotate":
          expect(data.rotateWebhookSecret.secret).not.toBe(secret);
          break;
        case "Pause":
          expect(data.updateWebhookEndpoint.webhookEndpoint).toEqual({ active: false });
          break;
      }
    }
    expect(seen).toEqual([
      "Events",
      "Create",
      "Test",
      "Deliveries",
      "DeadLetters",
      "Resend",
      "Rotate",
      "Pause",
      "Delete",
    ]);

    const [example] = blocks("ts");
    const verify = /return (.*);/.exec(example!)![1]!;
    const [{ body, headers }] = receiver.received as [Receiver["received"][number]];
    const receive = new Function("Webhook", "body", "headers", "secret", `return ${verify}`);
    expect(receive(Webhook, body, headers, secret)).toMatchObject({ type: "webhook.test", sequence: 1 });
  });
});
