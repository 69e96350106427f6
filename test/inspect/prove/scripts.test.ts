import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Cell } from "../../../src/inspect/prove/attempts/attempt.ts";
import type { ProveConfig } from "../../../src/inspect/prove/config.ts";
import { leaksOf, type Proof } from "../../../src/inspect/prove/report.ts";
import { prove } from "../../../src/inspect/prove/run.ts";
import { type BlankDatabase, createBlankDatabase } from "../catalogue/blank_database.ts";
import { shows } from "./run_script.ts";

const ROLE = "schemas_web";

/** Somebody else's schema with holes, how its callers come in, and what crosses. */
interface Foreign {
  readonly config: ProveConfig;
  /** Everything that leaks, and nothing else does. */
  readonly leaking: readonly string[];
  /** Tables in which a caller has rows of a second tenant of their own. */
  readonly own: readonly string[];
}

const foreign: Readonly<Record<string, Foreign>> = {
  signups: {
    config: {
      tenantColumn: "team_id",
      apiRoles: [ROLE],
      users: "auth.users",
      enter: ["select set_config('request.jwt.claims', json_build_object('sub', $user)::text, true)"],
      variables: ["request.jwt.claims"],
    },
    leaking: ["public.authors", "public.comments", "public.email_of(person uuid)", "public.posts"],
    own: ["public.members", "public.teams"],
  },
  integers: {
    config: {
      tenantColumn: "company_id",
      apiRoles: [ROLE],
      users: "public.auth_user",
      enter: ["select set_config('app.company', $tenant, true)"],
      variables: ["app.company"],
    },
    leaking: ["public.core_invoice", "public.core_invoice_tags", "public.core_line", "public.core_tag"],
    own: [],
  },
  projects: {
    config: {
      tenantColumn: "org_id",
      apiRoles: [ROLE],
      users: "public.people",
      enter: ["select set_config('app.org', $tenant, true)"],
      variables: ["app.org"],
    },
    leaking: ["public.activity", "public.tasks", "public.totals"],
    own: [],
  },
};

let server: pg.Client;
beforeAll(async () => {
  server = new pg.Client({ connectionString: inject("adminUrl") });
  await server.connect();
  await server.query(`create role ${ROLE} nologin`);
});
afterAll(async () => {
  await server.query(`drop role ${ROLE}`);
  await server.end();
});

describe.each(Object.entries(foreign))("of somebody else's schema, %s,", (name, { config, leaking, own }) => {
  let database: BlankDatabase;
  let proof: Proof;
  beforeAll(async () => {
    database = await createBlankDatabase();
    await database.query(readFileSync(join(import.meta.dirname, "schemas", `${name}.sql`), "utf8"));
    proof = await prove({ url: database.url, config, seed: 7, runs: 0 });
  }, 300_000);
  afterAll(() => database.drop());

  test("every hole is found, and nothing else", () => {
    expect([...new Set(leaksOf(proof).map(({ target }) => target))].sort()).toEqual(leaking);
  });

  test("nothing is left unproven, not even where a trigger or a foreign key leaves no room for another row", () => {
    expect(proof.cells.filter(({ status }) => status === "unproven")).toEqual([]);
  });

  if (own.length > 0) {
    test("what the caller reaches of a second tenant of their own is theirs", () => {
      const reached = proof.cells.filter(
        ({ target, status, attempt }) =>
          own.includes(target) && attempt === "copy the whole table out" && status === "denied",
      );
      expect([...new Set(reached.map(({ target }) => target))].sort()).toEqual(own.toSorted());
    });
  }

  test("each leak's script shows it in a database without a row", async () => {
    const silent: string[] = [];
    for (const leak of leaksOf(proof)) if (!(await shows(database.url, leak))) silent.push(told(leak));
    expect(silent).toEqual([]);
  }, 300_000);
});

const told = ({ target, attempt, caller, detail, script }: Cell): string =>
  `${target}: ${attempt} as ${caller}: ${detail}\n${script}`;
