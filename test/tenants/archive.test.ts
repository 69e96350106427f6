import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createPerson, createTenant, type Tenant } from "../support/people.ts";
import { rowsOf, talk } from "../support/tenant_rows.ts";

let home: TestDatabase;
let away: TestDatabase;
let acme: Tenant;
let folder: string;
let archive: string;

beforeAll(async () => {
  home = await createDatabase();
  away = await createDatabase();
  acme = await createTenant(home, { slug: "acme" });
  const member = await createMember(home, { tenant: acme, role: "member" });
  await talk(home.admin, member, 20, 30);
  await talk(home.admin, acme.owner, 3, 1);
  await home.admin.query(
    "insert into app.user_preferences (tenant_id, user_id, tone) values ($1, $2, 'formal')",
    [acme.tenantId, member.userId],
  );
  // A table of a developer's own, with what is hard to bring along: many digits, bytes, a generated column, a circle.
  for (const { admin } of [home, away]) {
    await admin.query(`create table app.widgets (
      tenant_id uuid not null references app.tenants, id bigint generated always as identity, above bigint,
      price numeric, shape jsonb, bytes bytea, made_by uuid, doubled numeric generated always as (price * 2) stored,
      "odd ""name" timestamptz, primary key (tenant_id, id),
      foreign key (tenant_id, above) references app.widgets (tenant_id, id),
      foreign key (tenant_id, made_by) references app.memberships (tenant_id, user_id))`);
    await admin.query("select context.close_table('app.widgets')");
    await admin.query("select context.open_to_erasure('app.widgets')");
  }
  await home.admin.query(
    `insert into app.widgets (tenant_id, above, price, shape, bytes, made_by, "odd ""name")
     select $1, nullif(n - 1, 0), 12345678901234567890.123456789, '{"a": [1.10, null]}', '\\x00ff', $2,
       case n when 1 then 'infinity' else '2020-02-29 12:00:00.123456+05:30'::timestamptz end
     from generate_series(1, 5) as n`,
    [acme.tenantId, member.userId],
  );
  folder = mkdtempSync(join(tmpdir(), "rowhouse-archive-"));
  archive = join(folder, "acme.jsonl");
});
afterAll(async () => {
  await home.drop();
  await away.drop();
  rmSync(folder, { recursive: true });
});

const tenant = ({ adminUrl }: TestDatabase, ...args: string[]) =>
  rowhouse(["tenant", ...args], folder, commandSettings({ adminUrl }));
/** What is imported: credentials and sessions are not. */
const taken = (rows: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(rows).filter(([name]) => name.startsWith("app.")));
const everything = async ({ admin }: TestDatabase): Promise<unknown> =>
  (
    await admin.query(
      "select (select count(*) from app.tenants) as tenants, (select count(*) from app.users) as users",
    )
  ).rows[0];

/** The archive with other lines, and a last line that agrees with them. */
function forged(change: (lines: string[]) => string[]): string {
  const lines = change(readFileSync(archive, "utf8").trimEnd().split("\n").slice(0, -1));
  const body = lines.map((line) => `${line}\n`).join("");
  const counts: Record<string, number> = Object.fromEntries(
    Object.keys(JSON.parse(lines[0]!).tables).map((table) => [table, 0]),
  );
  for (const line of lines.slice(1)) counts[JSON.parse(line).table]! += 1;
  const path = join(folder, "forged.jsonl");
  const sha256 = createHash("sha256").update(body).digest("hex");
  writeFileSync(path, `${body}${JSON.stringify({ counts, sha256 })}\n`);
  return path;
}

test("an archive has all that a tenant owns, and nothing that opens a door", async () => {
  await createTenant(home, { slug: "globex" });
  expect(await tenant(home, "export", "acme", archive)).toMatchObject({ code: 0 });
  const lines = readFileSync(archive, "utf8").trimEnd().split("\n");
  expect(JSON.parse(lines[0]!)).toMatchObject({ version: 1, tenant: { slug: "acme" } });
  expect(JSON.parse(lines.at(-1)!).counts).toMatchObject({
    "app.tenants": 1,
    "app.users": 2,
    "app.messages": 603,
    "app.widgets": 5,
  });
  const text = lines.join("\n");
  expect(text).not.toMatch(/digest|handle|globex|"auth\.|"audit\./);
  const { rows } = await home.admin.query("select encode(handle_digest, 'hex') as digest from auth.sessions");
  for (const { digest } of rows) expect(text).not.toContain(digest);
  const told = await home.admin.query(
    "select actor_kind, database_role from audit.events where action = 'tenant.exported' and tenant_id = (select id from app.tenants where slug = 'acme')",
  );
  expect(told.rows).toEqual([{ actor_kind: "system", database_role: "postgres" }]);
});

describe("what will not do is refused, and changes nothing", () => {
  const refuses = async (path: string, why: RegExp): Promise<void> => {
    const before = await everything(away);
    const { code, err } = await tenant(away, "import", path);
    expect([code, err]).toEqual([1, expect.stringMatching(why)]);
    expect(await everything(away)).toEqual(before);
  };
  const written = (text: string): string => {
    const path = join(folder, "spoilt.jsonl");
    writeFileSync(path, text);
    return path;
  };

  test("cut: in a line, between two, before the last", async () => {
    const whole = readFileSync(archive, "utf8");
    const lines = whole.trimEnd().split("\n");
    await refuses(written(whole.slice(0, -200)), /was cut/);
    await refuses(written(`${lines.slice(0, 40).join("\n")}\n`), /was cut/);
    await refuses(written(`${lines.slice(0, -1).join("\n")}\n`), /was cut/);
    await refuses(written(""), /was cut/);
  });

  test("edited: a word, a line taken out, one put in", async () => {
    const whole = readFileSync(archive, "utf8");
    const lines = whole.trimEnd().split("\n");
    await refuses(written(whole.replace('"admin"', '"chief"')), /sha256/);
    await refuses(written(`${lines.toSpliced(30, 1).join("\n")}\n`), /last line says/);
    await refuses(written(`${lines.toSpliced(30, 0, lines[30]!).join("\n")}\n`), /last line says/);
  });

  test("newer, or of another kind", async () => {
    await refuses(
      forged(([header, ...rest]) => [header!.replace('"version":1', '"version":2'), ...rest]),
      /reads up to version 1/,
    );
    await refuses(written('{"hello": 1}\n{"world": 2}\n'), /no archive/);
  });

  test("with a table or a column that is not here, or is nobody's business", async () => {
    await refuses(
      forged(([header, ...rest]) => [
        header!.replace('"tables":{', '"tables":{"auth.sessions":["id"],'),
        ...rest,
      ]),
      /no table auth\.sessions/,
    );
    await refuses(
      forged(([header, ...rest]) => [header!.replace('"price"', '"price","cost"'), ...rest]),
      /no column cost/,
    );
  });

  test("with rows of another tenant, without what they refer to, without an owner, with a right that there is not", async () => {
    const of = (table: string) => (line: string) => line.startsWith(`{"table":"${table}"`);
    await refuses(
      forged((lines) =>
        lines.map((line) =>
          of("app.messages")(line)
            ? line.replace(acme.tenantId, "00000000-0000-7000-8000-000000000000")
            : line,
        ),
      ),
      /another tenant/,
    );
    await refuses(
      forged((lines) => lines.filter((line) => !of("app.conversations")(line))),
      /refer to what is not there/,
    );
    await refuses(
      forged((lines) => lines.map((line) => line.replace('"is_owner": true', '"is_owner": false'))),
      /no active owner/,
    );
    await refuses(
      forged((lines) =>
        lines.map((line) => (of("app.roles")(line) ? line.replace('"chat"', '"fly"') : line)),
      ),
      /no permission fly/,
    );
  });
});

test("comes in whole elsewhere, row by row what it was, and once", async () => {
  const before = taken(await rowsOf(home.admin, acme.tenantId));
  const first = await tenant(away, "import", archive, "--json");
  expect(first).toMatchObject({ code: 0 });
  expect(JSON.parse(first.out)).toMatchObject({ tenant: { slug: "acme" }, peopleKnown: 0 });
  expect(taken(await rowsOf(away.admin, acme.tenantId))).toEqual(before);
  const { rows } = await away.admin.query(
    "select tenant_id from audit.events where action = 'tenant.imported'",
  );
  expect(rows).toEqual([{ tenant_id: acme.tenantId }]);

  const again = await tenant(away, "import", archive);
  expect([again.code, again.err]).toEqual([1, expect.stringMatching(/collides with the tenant "acme"/)]);
  // And back out, line for line but for the time.
  expect(await tenant(away, "export", "acme", join(folder, "back.jsonl"))).toMatchObject({ code: 0 });
  const sorted = (path: string) => readFileSync(path, "utf8").split("\n").slice(1, -2).sort();
  expect(sorted(join(folder, "back.jsonl"))).toEqual(sorted(archive));
});

test("people are known by their id, then by their address, and stay as they are", async () => {
  const elsewhere = await createDatabase();
  try {
    await elsewhere.admin.query("drop table if exists app.widgets");
    const archived = forged(([header, ...rest]) => {
      const { tables, ...more } = JSON.parse(header!);
      delete tables["app.widgets"];
      return [JSON.stringify({ ...more, tables }), ...rest.filter((line) => !line.includes('"app.widgets"'))];
    });
    // The owner has an account of the same address; the member the same id, under another address by now.
    const twin = await createPerson(elsewhere, { name: "Twin" });
    await elsewhere.admin.query("update app.users set email = $2 where id = $1", [
      twin.userId,
      acme.owner.email,
    ]);
    const { rows: members } = await home.admin.query(
      "select user_id as id from app.memberships where tenant_id = $1 and not is_owner",
      [acme.tenantId],
    );
    await elsewhere.admin.query(
      "insert into app.users (id, email, name) values ($1, 'moved@example.com', 'Moved')",
      [members[0].id],
    );
    const { code, out } = await tenant(elsewhere, "import", archived, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ peopleKnown: 2 });
    const { rows } = await elsewhere.admin.query(
      `select person.name, membership.is_owner, (select count(*)::integer from app.conversations as said
         where said.tenant_id = membership.tenant_id and said.user_id = membership.user_id) as said
       from app.memberships as membership join app.users as person on person.id = membership.user_id
       where tenant_id = $1 order by is_owner`,
      [acme.tenantId],
    );
    expect(rows).toEqual([
      { name: "Moved", is_owner: false, said: 20 },
      { name: "Twin", is_owner: true, said: 3 },
    ]);
  } finally {
    await elsewhere.drop();
  }
});

test("a file that is there half is told, and a pipe gets the same", async () => {
  writeFileSync(join(folder, "half.jsonl.unfinished"), "");
  expect(await tenant(home, "export", "acme", join(folder, "half.jsonl"))).toMatchObject({
    code: 2,
    err: expect.stringContaining("half.jsonl.unfinished is there: another export, or what is left of one"),
  });
  const { code, out } = await tenant(home, "export", "acme", "-");
  expect(code).toBe(0);
  expect(out.trimEnd().split("\n").length).toBe(readFileSync(archive, "utf8").trimEnd().split("\n").length);
  expect(await tenant(home, "export", "nowhere", archive)).toMatchObject({ code: 1 });
});
