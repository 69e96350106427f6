import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CSV_HEADER } from "../../src/audit/csv.ts";
import { OCSF_VERSION } from "../../src/audit/ocsf/mapping.ts";
import { PROBLEMS } from "../../src/audit/problem.ts";
import { pushAudit } from "../../src/jobs/push_audit.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { blocksOf, pageAt } from "../support/documents.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { jobContext } from "../support/jobs.ts";
import { createTenant, type Tenant } from "../support/people.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { seal } from "../support/sealing.ts";

const page = pageAt("docs/audit/export.md");

test("the page names what the verifier says, the columns and the version that there are", () => {
  const named = [...page.matchAll(/`((?:event|line|leaf|tile|root|checkpoint)_[a-z]+)`/g)].map(
    ([, code]) => code!,
  );
  expect(named.length).toBeGreaterThan(5);
  for (const code of named) expect(Object.keys(PROBLEMS)).toContain(code);
  expect(page).toContain(`OCSF](https://schema.ocsf.io/${OCSF_VERSION}) ${OCSF_VERSION}`);
  const [first, last] = /^(index,.*),…,(.*leaf)$/m.exec(page)!.slice(1) as [string, string];
  expect(CSV_HEADER.startsWith(`${first},`)).toBe(true);
  expect(CSV_HEADER.trimEnd().endsWith(`,${last}`)).toBe(true);
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
    for (const query of blocksOf(page, "graphql")) {
      const name = /^(?:query|mutation) (\w+)/.exec(query)![1]!;
      const given = [...query.matchAll(/\$(\w+):/g)].map(([, key]) => [key!, variables[key!]]);
      const { data, errors } = await api.ask(acme.owner, query, Object.fromEntries(given));
      expect(errors, name).toEqual([]);
      seen.push(name);
      switch (name) {
        case "Create":
          ({ secret } = data.createAuditStream);
          variables.id = data.createAuditStream.auditStream.id;
          await seal(database);
          await seal(database);
          await pushAudit(jobContext(database));
          break;
        case "Streams":
          expect(data.auditStreams.nodes).toMatchObject([{ kind: "WEBHOOK", active: true, failures: 0 }]);
          expect(Number(data.auditStreams.nodes[0].lastIndex)).toBeGreaterThan(0);
          break;
        case "Resume":
          expect(data.updateAuditStream.auditStream).toEqual({ active: true, lastIndex: "0" });
          break;
        case "Rotate":
          expect(data.rotateAuditStreamSecret.secret).not.toBe(secret);
          break;
      }
    }
    expect(seen).toEqual(["Create", "Streams", "Resume", "Rotate", "Delete"]);

    const example = blocksOf(page, "ts")[0]!;
    const written = example
      .slice(example.indexOf("{\n  const batch") + 1, example.lastIndexOf("}"))
      .replace(" as Batch", "");
    const receive = new Function("Webhook", "body", "headers", "secret", "last", written);
    const { body, headers } = receiver.received[0]!;
    const { last } = JSON.parse(body);
    expect(receive(Webhook, body, headers, secret, -1).events).toHaveLength(last + 1);
    expect(receive(Webhook, body, headers, secret, 2).events).toHaveLength(last - 2);
    expect(() => receive(Webhook, body.replace("audit", "other"), headers, secret, -1)).toThrow();
    expect(receive(Webhook, body, headers, secret, -3).missing).toEqual([-2, -1]);
  });
});
