import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMigrations } from "../../../src/database/application/migration_files.ts";
import { projectRoot } from "../../../src/database/migrations.ts";
import type { Cell } from "../../../src/inspect/prove/attempts/attempt.ts";
import { differences, matrixOf } from "../../../src/inspect/prove/matrix.ts";
import { isClean, leaksOf, type Proof } from "../../../src/inspect/prove/report.ts";
import { type ProveOptions, prove } from "../../../src/inspect/prove/run.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { shows } from "./run_script.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase({ application: false });
});
afterAll(() => database.drop());

const proof = (given: Partial<ProveOptions> = {}): Promise<Proof> =>
  prove({ url: database.adminUrl, seed: 1, runs: 0, ...given });

/** Everything that could have stayed: counts and writers of every table. */
async function traces(): Promise<unknown> {
  const tables = await database.admin.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
     where relkind = 'r' and relnamespace::regnamespace::text !~ '^(pg_|information_schema)' order by 1`,
  );
  const looks = tables.rows.map(
    ({ name }) => `select '${name}' as name, count(*), sum(xmin::text::bigint) from ${name}`,
  );
  const { rows } = await database.admin.query(`${looks.join(" union all ")} order by name`);
  return rows;
}

/** Builds something in the database, runs `work`, and takes it away again. */
async function having<T>(make: string, away: string, work: () => Promise<T>): Promise<T> {
  await database.admin.query(make);
  try {
    return await work();
  } finally {
    await database.admin.query(away);
  }
}

const labels = (cells: readonly Cell[]): string[] =>
  [...new Set(cells.map(({ target, attempt }) => `${target}: ${attempt}`))].sort();

describe("our own database", () => {
  // It is proven as a whole once: everything below looks at what came of it.
  let found: Proof;
  let before: unknown;
  let after: unknown;
  beforeAll(async () => {
    before = await traces();
    found = await proof({ runs: 50 });
    after = await traces();
  }, 600_000);

  test("proves clean, and nothing stays behind", () => {
    expect(labels(leaksOf(found))).toEqual([]);
    expect(found.random).toMatchObject({ runs: 50, leak: null });
    expect(found.cells.filter(({ status }) => status === "unproven")).toEqual([]);
    expect(isClean(found)).toBe(true);
    expect(found.leftBehind).toEqual([]);
    expect(found.disturbed).toEqual([]);
    expect(after).toEqual(before);
  });

  test("does what db/proof-matrix.json says (else: npm run generate, and review the difference)", () => {
    const committed = readFileSync(join(projectRoot, "db", "proof-matrix.json"), "utf8");
    expect(differences(JSON.parse(committed), matrixOf(found.cells))).toEqual([]);
  });

  test("crosses on purpose in the named places only", () => {
    const { cells } = found;
    expect(labels(cells.filter(({ status }) => status === "expected"))).toEqual([
      "app.users: copy the whole table out",
      "app.users: select",
      "app.users: select by key",
      "app.users: select everything",
      "audit.checkpoints: copy out",
      "audit.checkpoints: copy the whole table out",
      "audit.checkpoints: count",
      "audit.checkpoints: select",
      "audit.checkpoints: select by key",
      "audit.checkpoints: select everything",
      "audit.commitments: copy out",
      "audit.commitments: copy the whole table out",
      "audit.commitments: count",
      "audit.commitments: select",
      "audit.commitments: select by key",
      "audit.commitments: select everything",
      "audit.event_log: copy out",
      "audit.event_log: count",
      "audit.event_log: select",
      "audit.event_log: select by tenant",
      "audit.event_log: select everything",
      "audit.events: copy out",
      "audit.events: count",
      "audit.events: select",
      "audit.events: select by key",
      "audit.events: select everything",
      "audit.leaves: copy out",
      "audit.leaves: copy the whole table out",
      "audit.leaves: count",
      "audit.leaves: select",
      "audit.leaves: select by key",
      "audit.leaves: select everything",
      "audit.legal_holds: copy out",
      "audit.legal_holds: copy the whole table out",
      "audit.legal_holds: count",
      "audit.legal_holds: select",
      "audit.legal_holds: select by key",
      "audit.legal_holds: select everything",
      "audit.privilege_changes: copy out",
      "audit.privilege_changes: count",
      "audit.privilege_changes: select",
      "audit.privilege_changes: select by tenant",
      "audit.privilege_changes: select everything",
      "audit.public_keys(): call with ids of the other tenant (0 of 0 arguments)",
      "audit.seal_mark: copy out",
      "audit.seal_mark: copy the whole table out",
      "audit.seal_mark: count",
      "audit.seal_mark: select",
      "audit.seal_mark: select by key",
      "audit.seal_mark: select everything",
      "audit.signing_keys: copy the whole table out",
      "audit.signing_keys: select",
      "audit.signing_keys: select by key",
      "audit.signing_keys: select everything",
      "audit.support_visits: copy out",
      "audit.support_visits: count",
      "audit.support_visits: select",
      "audit.support_visits: select by tenant",
      "audit.support_visits: select everything",
      "audit.tiles: copy out",
      "audit.tiles: copy the whole table out",
      "audit.tiles: count",
      "audit.tiles: select",
      "audit.tiles: select by key",
      "audit.tiles: select everything",
      "audit.trees: copy out",
      "audit.trees: copy the whole table out",
      "audit.trees: count",
      "audit.trees: select",
      "audit.trees: select by key",
      "audit.trees: select everything",
      "connection: prepared statement: leave it",
      "role rowhouse_definer: set role",
    ]);
  });

  test("lets callers execute these definer functions and no other", () => {
    const { cells } = found;
    expect(
      [...new Set(cells.map(({ target }) => target).filter((target) => target.includes("(")))].sort(),
    ).toEqual([
      "audit.begin_export(format text, wanted bigint, after bigint, since timestamp with time zone, until timestamp with time zone)",
      "audit.checkpoint_of_caller()",
      "audit.event_types_of_caller()",
      "audit.exported_leaves(first bigint, last bigint, since timestamp with time zone, until timestamp with time zone)",
      "audit.exported_tile(number bigint)",
      "audit.holds_of_caller()",
      "audit.prove_event(event uuid)",
      "audit.prove_growth(older bigint, newer bigint)",
      "audit.public_keys()",
      "context.access_drift()",
      "context.application_migrations()",
      "context.applied_migrations()",
      "context.approve_tool(tool uuid, fingerprint text)",
      "context.asker_of_caller()",
      "context.begin_object(size_bytes bigint)",
      expect.stringMatching(/^context\.begin_turn\(settlement bytea, conversation uuid, /),
      "context.close_tenant(slug text)",
      "context.company_questions(wanted integer)",
      "context.curated_answer_for(question text)",
      "context.end_sessions_of_caller(which text, session uuid)",
      "context.end_support_of_tenant(access uuid)",
      "context.enter(credential bytea, facts jsonb)",
      "context.find_conversations(search text)",
      "context.find_members(search text, status text, role_id uuid, team_id uuid)",
      "context.find_passages(question text, embedding real[], model text, wanted integer, tags text[], team uuid, since timestamp with time zone, until timestamp with time zone)",
      "context.finish_attempt(key bytea, attempt uuid, answer text)",
      "context.frequent_questions(wanted integer)",
      "context.holders_of(permission text, after uuid)",
      "context.identities_of_caller()",
      "context.invite_member(email text, role_id uuid, days integer, team_ids uuid[], led_team_ids uuid[])",
      "context.keep_listed_tools(server uuid, listed jsonb)",
      "context.keep_model_provider(provider uuid, base_url text, sealed_key text, models text[], default_model text, system_prompt text, active boolean, embedding_model text)",
      "context.keep_profile(enabled boolean)",
      "context.keep_stored_version(document uuid, object text, size_bytes integer, sha256 text, media_type text, file_name text)",
      "context.keep_stream_secret(stream uuid, id uuid, secret text, overlap integer)",
      "context.keep_tool_secret(server uuid, id uuid, header text, sealed text)",
      "context.keep_version(document uuid, content bytea, media_type text, file_name text)",
      "context.keep_webhook_secret(endpoint uuid, id uuid, secret text, overlap integer)",
      "context.leave_team(team_id uuid)",
      "context.make_share_link(digest bytea, conversation uuid, message uuid, days integer)",
      "context.model_provider()",
      "context.move_conversation(conversation uuid, act text, team uuid)",
      "context.note_question(embedding real[], model text)",
      "context.offered_models(installation_model text, installation_models text[])",
      "context.open_seal(permission text)",
      "context.open_share_link(digest bytea)",
      "context.passkeys_of_caller()",
      "context.permissions_of(person uuid)",
      "context.readiness()",
      "context.recall_answer(key bytea)",
      "context.remove_model_provider()",
      "context.remove_passkey_of_caller(id uuid)",
      "context.rename_passkey_of_caller(id uuid, name text)",
      "context.request_limit()",
      "context.requeue_document(document uuid)",
      "context.require_fresh_sign_in()",
      "context.resend_invitation(id uuid, days integer)",
      "context.resend_webhook(delivery uuid)",
      "context.revoke_invitation(id uuid)",
      "context.revoke_share_link(id uuid)",
      "context.send_test_event(endpoint uuid)",
      "context.sessions_of_caller()",
      "context.stop_turn(turn uuid)",
      "context.support_of_tenant()",
      "context.tenant_usage()",
      "context.tenants_of_caller()",
      "context.tool_server_to_ask(server uuid)",
      "context.tools_of_caller()",
      "context.unlink_identity_of_caller(id uuid)",
    ]);
  });

  test("lets people do within their tenant what the policies say", () => {
    const cells = found.cells.filter(({ target }) => target === "app.conversations");
    const cell = (caller: string, attempt: string, whose: string): string | undefined =>
      cells.find((one) => one.caller === caller && one.attempt === attempt && one.whose === whose)?.detail;
    expect(cell("member", "insert", "own")).toBe("yes");
    expect(cell("viewer", "insert", "own")).toBe("RH403 chat");
    expect(cell("admin", "select", "colleague's")).toBe("yes");
    // Who the attack is are all of one team, and so are the rows it makes.
    expect(cell("member", "select", "colleague's")).toBe("yes");
    expect(cell("guest", "select", "colleague's")).toBe("–");
    expect(cell("member", "update", "colleague's")).toBe("–");
    expect(cell("nobody", "select", "own")).toBe("–");
    expect(cell("sign-in", "select", "own")).toBe("42501");
  });

  test("keeps an owner in each tenant, whoever asks", () => {
    const cells = found.cells.filter(({ target }) => target === "app.memberships");
    const stepsDown = cells.filter(({ attempt, whose }) => attempt === "update is_owner" && whose === "own");
    expect(stepsDown.find(({ caller }) => caller === "owner")?.detail).toBe("RH409");
    expect(stepsDown.filter(({ caller, status }) => caller === "owner" && status === "allowed")).toEqual([]);
  });

  test("says the same again with the same seed", async () => {
    const scope = { relations: ["app.roles"], elsewhere: false };
    const [one, two] = [await proof({ scope, runs: 20, seed: 5 }), await proof({ scope, runs: 20, seed: 5 })];
    expect(two.cells).toEqual(one.cells);
    expect(two.random).toEqual(one.random);
  }, 240_000);

  test.runIf(readMigrations().length > 0)(
    "proves clean with the application's own tables, too",
    async () => {
      const application = await createDatabase();
      try {
        const { cells } = await proof({ url: application.adminUrl });
        expect(labels(leaksOf({ cells }))).toEqual([]);
      } finally {
        await application.drop();
      }
    },
    600_000,
  );
});

const WALL =
  "tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id())";

const GOOD = `
  create table app.notes (
    tenant_id uuid not null default context.tenant_id() references app.tenants,
    id uuid not null default uuidv7(),
    body text not null check (body ~ '^[a-z]{3}[0-9a-z]*$' and length(body) <= 40),
    colour text not null check (colour in ('red', 'green')),
    weight integer not null check (weight between 40 and 50),
    pinned_at timestamptz,
    primary key (tenant_id, id));
  select context.close_table('app.notes');
  grant select (tenant_id, id, body, colour, weight, pinned_at), delete on app.notes to rowhouse_app;
  grant insert (body, colour, weight), update (body) on app.notes to rowhouse_app;
  create policy "notes are the tenant's" on app.notes for all to rowhouse_app using (${WALL}) with check (${WALL});`;

describe("a table that a developer adds", () => {
  test("is covered without any change, whatever its checks want", async () => {
    const found = await having(GOOD, "drop table app.notes", () =>
      proof({ scope: { relations: ["app.notes"], elsewhere: false } }),
    );
    expect(labels(leaksOf(found))).toEqual([]);
    expect(found.cells.filter(({ status }) => status === "unproven")).toEqual([]);
    expect(found.cells.length).toBeGreaterThan(300);
    expect(found.cells).toContainEqual(
      expect.objectContaining({ caller: "member", attempt: "insert", whose: "own", status: "allowed" }),
    );
  });

  test.each([
    ["update", "update blindly"],
    ["delete", "delete blindly"],
  ])("shows who could %s what is hidden from them", async (command, attempt) => {
    const split = `${GOOD} drop policy "notes are the tenant's" on app.notes;
      create policy wall on app.notes as restrictive to rowhouse_app using (${WALL});
      create policy seen on app.notes for select to rowhouse_app using (tenant_id = (select context.tenant_where('view_audit')));
      create policy changed on app.notes for update to rowhouse_app using (tenant_id = (select context.tenant_where('view_audit')));
      create policy removed on app.notes for delete to rowhouse_app using (tenant_id = (select context.tenant_where('view_audit')));`;
    const said = async (more: string): Promise<string[]> => {
      const { cells } = await having(split + more, "drop table app.notes", () =>
        proof({ scope: { relations: ["app.notes"], elsewhere: false, callers: ["owner", "member"] } }),
      );
      expect(leaksOf({ cells } as Proof)).toEqual([]);
      return ["owner", "member"].map(
        (caller) => cells.find((one) => one.caller === caller && one.attempt === attempt)!.detail,
      );
    };
    expect(await said("")).toEqual(["yes", "–"]);
    const careless = `create policy careless on app.notes for ${command} to rowhouse_app using (${WALL});`;
    expect(await said(careless)).toEqual(["yes", "yes"]);
  });

  test("is reported as unproven where no row can be built, and the reason with it", async () => {
    const found = await having(
      `${GOOD} alter table app.notes add constraint impossible check (weight > 100)`,
      "drop table app.notes",
      () => proof({ scope: { relations: ["app.notes"], elsewhere: false } }),
    );
    const unproven = found.cells.filter(({ status }) => status === "unproven");
    expect(labels(unproven)).toEqual(
      expect.arrayContaining(["app.notes: insert", "app.notes: select everything"]),
    );
    expect(unproven.find(({ attempt }) => attempt === "insert")?.detail).toMatch(
      /no row could be built: 23514.*impossible/,
    );
  });
});

/** A hole, what prove calls it, and what its script must show. */
interface Hole {
  readonly make: string;
  readonly away: string;
  readonly relations: readonly string[];
  readonly elsewhere?: boolean;
  readonly leaks: readonly string[];
}

const holes: Readonly<Record<string, Hole>> = {
  "a policy that is always true": {
    make: `${GOOD} create policy hole on app.notes for select to rowhouse_app using (true)`,
    away: "drop table app.notes",
    relations: ["app.notes"],
    leaks: [
      "app.notes: copy out",
      "app.notes: copy the whole table out",
      "app.notes: count",
      "app.notes: merge, delete",
      "app.notes: merge, update",
      "app.notes: select",
      "app.notes: select by key",
      "app.notes: select everything",
    ],
  },
  "a foreign key without the tenant": {
    make: `${GOOD} alter table app.notes add unique (id);
      create table app.links (like app.notes including all);
      alter table app.links add note_id uuid references app.notes (id);
      select context.close_table('app.links');
      grant select on app.links to rowhouse_app;
      grant insert (body, colour, weight, note_id) on app.links to rowhouse_app;
      create policy own on app.links for all to rowhouse_app
        using (tenant_id = (select context.tenant_id())) with check (tenant_id = (select context.tenant_id()));`,
    away: "drop table app.links, app.notes",
    relations: ["app.links"],
    leaks: ["app.links: insert, pointing to the other tenant's app.notes (note_id)"],
  },
  "a unique key without the tenant": {
    make: `${GOOD} alter table app.notes add unique (body)`,
    away: "drop table app.notes",
    relations: ["app.notes"],
    leaks: [
      "app.notes: insert, unique probe (body)",
      "app.notes: insert, unique probe (body) on conflict do nothing",
      "app.notes: update, unique probe (body)",
    ],
  },
  "a view that asks as its owner": {
    make: `create view app.all_titles as select tenant_id, title from app.conversations;
      grant select on app.all_titles to rowhouse_app;`,
    away: "drop view app.all_titles",
    relations: ["app.all_titles"],
    leaks: [
      "app.all_titles: copy out",
      "app.all_titles: count",
      "app.all_titles: select",
      "app.all_titles: select by tenant",
      "app.all_titles: select everything",
    ],
  },
  "a definer function that believes its argument": {
    make: `create function app.peek(person uuid) returns text language sql stable security definer set search_path = ''
        as 'select email from app.users where id = person';
      revoke all on function app.peek(uuid) from public;
      grant execute on function app.peek(uuid) to rowhouse_app;`,
    away: "drop function app.peek(uuid)",
    relations: [],
    elsewhere: true,
    leaks: ["app.peek(person uuid): call with ids of the other tenant (1 of 1 arguments)"],
  },
  "a partition that is granted": {
    make: `create table app.visits (
        tenant_id uuid not null default context.tenant_id() references app.tenants,
        id uuid not null default uuidv7(), at date not null, page text not null,
        primary key (tenant_id, id, at)) partition by range (at);
      create table app.visits_2030 partition of app.visits for values from ('2030-01-01') to ('2031-01-01');
      select context.close_table('app.visits');
      grant select on app.visits, app.visits_2030 to rowhouse_app;
      create policy own on app.visits for select to rowhouse_app using (tenant_id = (select context.tenant_id()));`,
    away: "drop table app.visits",
    relations: ["app.visits", "app.visits_2030"],
    leaks: [
      "app.visits_2030: copy out",
      "app.visits_2030: copy the whole table out",
      "app.visits_2030: count",
      "app.visits_2030: select",
      "app.visits_2030: select by key",
      "app.visits_2030: select everything",
    ],
  },
  "an update without a check, and the tenant for input": {
    make: `${GOOD} grant update (tenant_id) on app.notes to rowhouse_app;
      alter policy "notes are the tenant's" on app.notes with check (true)`,
    away: "drop table app.notes",
    relations: ["app.notes"],
    leaks: ["app.notes: move blindly into the other tenant"],
  },
  "truncate for callers": {
    make: `${GOOD} grant truncate on app.notes to rowhouse_app`,
    away: "drop table app.notes",
    relations: ["app.notes"],
    leaks: ["app.notes: truncate"],
  },
};

describe("a hole", () => {
  test.each(Object.entries(holes))(
    "%s is found, exactly, with a script that shows it",
    async (_, hole) => {
      await having(hole.make, hole.away, async () => {
        const { relations, elsewhere = false } = hole;
        // Of functions one caller is enough: there are many, and a hole in one is everybody's.
        const callers = elsewhere ? ["member"] : ["owner", "member", "nobody"];
        const found = await proof({ scope: { relations, elsewhere, callers } });
        // Who can read a row can learn of it in every other way, too.
        const outright = labels(leaksOf(found)).filter((label) => !label.includes(": learn "));
        expect(outright).toEqual(hole.leaks);
        expect(isClean(found)).toBe(false);
        const told = new Set<string>();
        for (const leak of leaksOf(found)) {
          const label = labels([leak])[0]!;
          if (told.has(label)) continue;
          told.add(label);
          const before = await traces();
          expect(await shows(database.adminUrl, leak), leak.script).toBe(true);
          expect(await traces()).toEqual(before);
        }
      });
    },
    60_000,
  );

  test("is found at random too, and shrunk to the statement that matters", async () => {
    const { random } = await having(holes["a policy that is always true"]!.make, "drop table app.notes", () =>
      proof({ runs: 300, scope: { relations: [], elsewhere: false } }),
    );
    expect(random.leak).toMatchObject({ statements: [expect.stringContaining("app.notes")] });
    expect(random.leak?.script).toContain(random.leak?.statements[0]);
  }, 240_000);
});

/** What tells of a row that is not read, what prove calls it, and how it is taken away again. */
interface Peephole {
  readonly make: string;
  readonly away: string;
  readonly elsewhere?: boolean;
  readonly leaks: readonly string[];
}

const oneEquality = `${GOOD}
  alter policy "notes are the tenant's" on app.notes using (tenant_id = (select context.tenant_id()));`;

const peepholes: Readonly<Record<string, Peephole>> = {
  "a wall that the caller's conditions come before": {
    make: oneEquality,
    away: "drop table app.notes",
    leaks: [
      "app.notes: learn by an error by sequential scan, with a broken context",
      "app.notes: learn by explain (analyze) by sequential scan, with a context",
      "app.notes: learn by explain (analyze) by sequential scan, with no context",
    ],
  },
  "a wall that conditions without a cost come before": {
    make: `${GOOD} alter policy "notes are the tenant's" on app.notes
      using ((tenant_id = (select context.tenant_id())) is true and tenant_id = (select context.tenant_id()))`,
    away: "drop table app.notes",
    leaks: [
      "app.notes: learn whether pinned_at is null anywhere, with a broken context",
      "app.notes: learn whether pinned_at is null anywhere, with a context",
    ],
  },
  "an index that does not begin with the tenant": {
    make: `${GOOD} create index on app.notes (body)`,
    away: "drop table app.notes",
    leaks: ["app.notes: learn by explain (analyze) by index scan, with a context"],
  },
  "statistics of what people wrote": {
    make: `${GOOD} alter table app.notes alter column body set statistics default`,
    away: "drop table app.notes",
    leaks: ["app.notes: learn by estimates, with a context"],
  },
  "a schema that callers may change": {
    make: "alter event trigger rowhouse_refuses_ddl disable; grant create on schema app to rowhouse_app",
    away: "alter event trigger rowhouse_refuses_ddl enable; revoke create on schema app from rowhouse_app",
    elsewhere: true,
    leaks: [
      "what holds rowhouse_app: create a function in app",
      "what holds rowhouse_app: create a table in app",
    ],
  },
  "a store without tenants": {
    make: "grant execute on function lo_create(oid), lo_from_bytea(oid, bytea) to public",
    away: "revoke execute on function lo_create(oid), lo_from_bytea(oid, bytea) from public",
    elsewhere: true,
    leaks: ["large objects: create", "large objects: create with a content"],
  },
};

describe("a row that is not read", () => {
  test.each(Object.entries(peepholes))(
    "is learned of through %s, and the script shows it",
    async (_, { make, away, elsewhere = false, leaks }) => {
      await having(make, away, async () => {
        const relations = elsewhere ? [] : ["app.notes"];
        const callers = elsewhere ? ["member"] : ["owner", "member", "nobody"];
        const found = await proof({ scope: { relations, elsewhere, callers } });
        expect(labels(leaksOf(found))).toEqual(expect.arrayContaining([...leaks]));
        for (const leak of leaksOf(found)) {
          const before = await traces();
          expect(await shows(database.adminUrl, leak), leak.script).toBe(true);
          expect(await traces()).toEqual(before);
        }
      });
    },
    120_000,
  );

  test("can be placed by whoever may select the whole table, and the matrix says so", async () => {
    const told = async (make: string): Promise<(string | undefined)[]> => {
      const { cells } = await having(make, "drop table app.notes", () =>
        proof({ scope: { relations: ["app.notes"], elsewhere: false, callers: ["member"] } }),
      );
      return ["ctid", "xmin", "tableoid"].map(
        (column) => cells.find(({ attempt }) => attempt === `select ${column}`)?.detail,
      );
    };
    expect(await told(GOOD)).toEqual(["42501", "42501", "42501"]);
    expect(await told(`${GOOD} grant select on app.notes to rowhouse_app`)).toEqual(["yes", "yes", "yes"]);
  }, 240_000);
});
