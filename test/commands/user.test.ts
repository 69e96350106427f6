import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import {
  createMember,
  createTenant,
  mailedCode,
  mailedToken,
  signUp,
  type Tenant,
} from "../support/people.ts";
import { eventually, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let acme: Tenant;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  acme = await createTenant(database, { slug: "acme" });
  folder = mkdtempSync(join(tmpdir(), "rowhouse-user-"));
});
afterAll(async () => {
  await server.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const settings = () => commandSettings(database);
const user = (...args: string[]) => rowhouse(["user", ...args], folder, settings());
const userWith = (more: Record<string, string>, ...args: string[]) =>
  rowhouse(["user", ...args], folder, { ...settings(), ...more });
const count = async (from: string, ...values: unknown[]): Promise<number> =>
  (await database.admin.query(`select count(*)::integer as count from ${from}`, values)).rows[0].count;
const events = async (action: string) =>
  (
    await database.admin.query(
      "select detail, actor_kind, actor_id, database_role from audit.events where action = $1 order by at",
      [action],
    )
  ).rows;
const logIn = (email: string, password: string) => server.post("/auth/login", { email, password });
const me = (headers: Record<string, string>) => server.post("/graphql", { query: "{ me { id } }" }, headers);
/** The token of the link that this mails, at once: a server looks for what others put into its queue every ten seconds. */
async function mailedBy(email: string, act: () => Promise<unknown>): Promise<string> {
  const arrived = () => server.mails().filter((mail) => mail.includes(`To: ${email}`)).length;
  const before = arrived();
  await act();
  await server.post("/auth/password/forgot", { email: `nobody.${randomUUID()}@example.com` });
  await eventually(() => arrived() > before);
  return mailedToken(server, email);
}
const operator = () => new URL(database.adminUrl).username;

describe("user list", () => {
  test("shows people, the newest first, by company, status and part of their name or address", async () => {
    const person = await signUp(server, { email: "ann.listed@example.com" });
    const { code, out } = await user("list");
    expect(code).toBe(0);
    expect(out).toMatch(/^id +e-mail +name +status +companies +since +last seen\n/);
    expect(out.split("\n")[1]).toMatch(
      new RegExp(`^${person.login.user.id} +ann.listed@example.com .* active +0 `),
    );
    const search = async (...args: string[]) =>
      JSON.parse((await user("list", "--format", "json", ...args)).out).map(
        (one: { email: string }) => one.email,
      );
    expect(await search("--search", "ANN.LIST")).toEqual(["ann.listed@example.com"]);
    expect(await search("--tenant", "acme")).toEqual([acme.owner.email]);
    expect(await search("--tenant", "nowhere")).toEqual([]);
    expect(await search("--status", "banned")).toEqual([]);
    // What a pattern means elsewhere, is a letter here.
    expect(await search("--search", "%")).toEqual([]);
  });

  test("says that there are more than it shows", async () => {
    const listed = await user("list", "--limit", "1");
    expect(listed).toMatchObject({ code: 0, err: expect.stringContaining("there are more") });
  });
});

describe("user show", () => {
  test("tells of somebody what an operator may know, by address or id, and nothing secret", async () => {
    const member = await createMember(database, { tenant: acme, role: "viewer" });
    await database.admin.query(
      "insert into auth.passwords (user_id, hash) values ($1, '$2b$04$' || repeat('a', 53))",
      [member.userId],
    );
    await database.admin.query(
      "insert into auth.totp_factors (id, user_id, seed, last_step, confirmed_at) values (gen_random_uuid(), $1, 'v1.seed', 1, now())",
      [member.userId],
    );
    await database.admin.query(
      "insert into auth.identities (user_id, provider, issuer, subject) values ($1, 'acme', 'https://id.example', 'subject')",
      [member.userId],
    );
    const { code, out } = await user("show", member.email.toUpperCase());
    expect(code).toBe(0);
    expect(out).toMatch(/^company +acme: viewer$/m);
    expect(out).toMatch(/^password +2b, of /m);
    expect(out).toMatch(/^signs in with +acme \(https:\/\/id\.example\)/m);
    expect(out).toMatch(/^second factor +TOTP; 0 recovery codes left$/m);
    expect(out).toMatch(/^sessions +1$/m);
    const json = await user("show", member.userId, "--format", "json");
    expect(JSON.parse(json.out)).toMatchObject({ id: member.userId, totp: true, sessions: 1 });
    for (const said of [out, json.out]) expect(said).not.toMatch(/aaaa|v1\.seed/);
  });

  test("knows when there is nobody", async () => {
    for (const named of ["nobody@example.com", "00000000-0000-0000-0000-000000000000", "' or true --"]) {
      expect(await user("show", named)).toMatchObject({
        code: 1,
        out: "",
        err: expect.stringContaining("nobody has"),
      });
    }
  });
});

describe("user ban", () => {
  test("ends every session and shuts out the keys at once, with reason and role in the trail", async () => {
    const { email, password, login, headers } = await signUp(server, {
      tenant: { name: "Bad", slug: "bad" },
    });
    const made = await server.post(
      "/graphql",
      { query: 'mutation { createApiKey(input: {name: "bot", scopes: ["chat"]}) { secret } }' },
      headers,
    );
    const key = { Authorization: `Bearer ${made.body.data.createApiKey.secret}` };
    expect((await me(key)).body.data.me).not.toBeNull();

    const banned = await user("ban", email, "--reason", "spam, ticket 7");
    expect(banned).toMatchObject({ code: 0, out: `${email} is banned; 1 session ended\n` });
    for (const credential of [headers, key]) {
      expect((await me(credential)).body.errors[0].extensions.code).toMatch(/USER_BANNED|SESSION_ENDED/);
    }
    expect((await logIn(email, password)).body.code).toBe("user_banned");
    const { refresh_token } = login;
    expect((await server.post("/auth/refresh", { refresh_token })).status).toBe(401);
    expect(await events("auth.banned")).toEqual([
      {
        detail: { user: login.user.id, reason: "spam, ticket 7", ended: 1, outcome: "ok" },
        actor_kind: "system",
        actor_id: null,
        database_role: operator(),
      },
    ]);
    expect((await user("ban", login.user.id, "--reason", "again")).code).toBe(1);

    expect(await user("unban", email)).toMatchObject({ code: 0, out: `${email} may sign in again\n` });
    expect((await me(headers)).body.errors[0].extensions.code).toBe("SESSION_ENDED");
    expect((await me(key)).body.data.me).not.toBeNull();
    expect((await logIn(email, password)).status).toBe(200);
    expect(await user("unban", email)).toMatchObject({ code: 1 });
    expect(await events("auth.unbanned")).toHaveLength(1);
  });

  test("kills links and codes on their way, and a sign-in that waits for its second factor", async () => {
    const { email } = await signUp(server);
    await server.post("/auth/password/forgot", { email });
    const token = await mailedToken(server, email);
    await user("ban", email, "--reason", "stolen");
    await user("unban", email);
    const reset = await server.post("/auth/password/reset", { token, password: "another one, rather long" });
    expect(reset.body.code).toBe("invalid_verification_token");
  });

  test("ends with an unban what began while the ban was being written", async () => {
    const { email, login, headers } = await signUp(server);
    await user("ban", email, "--reason", "any");
    await database.admin.query(
      "update auth.sessions set ended_at = null, end_reason = null where user_id = $1",
      [login.user.id],
    );
    expect((await me(headers)).body.errors[0].extensions.code).toBe("USER_BANNED");
    await user("unban", email);
    expect((await me(headers)).body.errors[0].extensions.code).toBe("SESSION_ENDED");
  });

  test("names the keys of companies that go on, though the banned one made them", async () => {
    const { email, login } = await signUp(server, { tenant: { name: "Keys", slug: "keys" } });
    await database.admin.query(
      `insert into auth.api_keys (tenant_id, role_id, created_by, name, digest, scopes)
       select tenant_id, role_id, user_id, 'the company''s', sha256('any'), '{chat}' from app.memberships where user_id = $1`,
      [login.user.id],
    );
    const { err } = await user("ban", email, "--reason", "any");
    expect(err).toContain("1 API key that they made for their companies");
  });

  test("wants a reason, and a known person", async () => {
    expect((await user("ban", "ann@example.com")).code).toBe(2);
    expect((await user("ban", "ann@example.com", "--reason", "  ")).code).toBe(2);
    expect((await user("ban", "ann@example.com", "--reason", "x".repeat(501))).code).toBe(2);
    expect((await user("ban", "nobody@example.com", "--reason", "any")).code).toBe(1);
  });
});

describe("user reset", () => {
  test("takes the password away, ends the sessions and mails a link, by which they choose another", async () => {
    const { email, password, login, headers } = await signUp(server);
    let done = { code: null as number | null, out: "", err: "" };
    const token = await mailedBy(email, async () => {
      done = await user("reset", email, "--reason", "lost it");
    });
    expect(done).toMatchObject({
      code: 0,
      out: expect.stringContaining("removed the password; 1 session ended"),
    });
    expect((await me(headers)).body.errors[0].extensions.code).toBe("SESSION_ENDED");
    expect((await logIn(email, password)).body.code).toBe("invalid_credentials");
    const chosen = await server.post("/auth/password/reset", { token, password: "another one, rather long" });
    expect(chosen.status).toBe(204);
    expect((await logIn(email, "another one, rather long")).status).toBe(200);
    expect(await events("auth.reset")).toMatchObject([
      {
        detail: { user: login.user.id, reason: "lost it", removed: ["password"], mailed: true },
        database_role: operator(),
      },
    ]);
    // Neither the link nor the code is in what was said or kept.
    expect(`${done.out}${done.err}`).not.toContain(token);
  });

  test("leaves the second factor, unless it is told to take that too", async () => {
    const { email, login } = await signUp(server);
    const enrol = () =>
      database.admin.query(
        "insert into auth.totp_factors (id, user_id, seed, last_step, confirmed_at) values (gen_random_uuid(), $1, 'v1.seed', 1, now())",
        [login.user.id],
      );
    await enrol();
    await database.admin.query(
      "insert into auth.recovery_codes (user_id, digest) values ($1, sha256('any'))",
      [login.user.id],
    );
    await database.admin.query(
      `insert into auth.passkeys (user_id, credential_id, public_key, counter, aaguid, backup_eligible, backed_up, name)
       values ($1, $2, '\\x02', 0, gen_random_uuid(), false, false, 'A key')`,
      [login.user.id, Buffer.from(randomUUID())],
    );
    const { out: kept } = await user("reset", email);
    expect(kept).toContain("What still opens the account: 1 passkey.");
    expect(await count("auth.totp_factors where user_id = $1", login.user.id)).toBe(1);
    await database.admin.query(
      "insert into auth.identities (user_id, provider, issuer, subject) values ($1, 'acme', 'https://id.example', $2)",
      [login.user.id, randomUUID()],
    );
    const { out } = await user("reset", email, "--second-factor");
    expect(out).toContain("removed the second factor, the recovery codes, the passkeys;");
    expect(out).toContain("What still opens the account: the account at acme.");
    expect(await count("auth.totp_factors where user_id = $1", login.user.id)).toBe(0);
    expect(await count("auth.recovery_codes where user_id = $1", login.user.id)).toBe(0);
  });

  test("says so where the address got enough mails, and where there is nobody", async () => {
    const { email } = await signUp(server);
    for (let n = 0; n < 3; n++) expect((await user("reset", email)).code).toBe(0);
    expect(await user("reset", email)).toMatchObject({
      code: 1,
      err: expect.stringContaining("no mail went out"),
    });
    expect((await user("reset", "nobody@example.com")).code).toBe(1);
  });
});

describe("user invite", () => {
  test("mails a link by which an account comes into being", async () => {
    const email = "ann.invited@example.com";
    const token = await mailedBy(email, async () => {
      const done = await user("invite", "Ann.Invited@example.com", "--name", "Ann", "--locale", "de");
      expect(done).toMatchObject({ code: 0, out: expect.stringContaining(`${email} is invited`) });
    });
    expect(await count("app.users where email = $1", email)).toBe(0);
    const password = "four walls, one chimney";
    expect((await server.post("/auth/email/verify", { token, password })).status).toBe(204);
    expect((await logIn(email, password)).body.user.name).toBe("Ann");
    expect(await user("invite", email)).toMatchObject({
      code: 1,
      err: expect.stringContaining("has an account"),
    });
    expect(await events("auth.invited")).toMatchObject([{ detail: { mail: expect.any(String) } }]);
  });

  test("is refused where REGISTRATION is closed, for nobody could accept", async () => {
    const refused = await userWith({ REGISTRATION: "closed" }, "invite", "ann.late@example.com");
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("REGISTRATION is closed") });
    expect(await count("auth.mail_tokens where email = 'ann.late@example.com'")).toBe(0);
  });

  test("does not fill a mailbox", async () => {
    for (let n = 0; n < 3; n++) expect((await user("invite", "ann.flooded@example.com")).code).toBe(0);
    expect((await user("invite", "ann.flooded@example.com")).code).toBe(1);
  });

  test("wants one address", async () => {
    for (const args of [[], ["ann"], ["a@example.com,b@example.com"], ["a@example.com", "b@example.com"]]) {
      expect((await user("invite", ...args)).code, args.join(" ")).toBe(2);
    }
  });
});

// "correct horse bättery", by passlib and by bcrypt.
const password = "correct horse bättery";
const bcrypt = "$2b$06$T28ymm53sHHBqph24oa.DuL8lOBAJMC2J7Q0Ma.4KNTbkhWYOOcUm";
const scrypt = "$scrypt$ln=14,r=8,p=1$v/feu5dyzrmXktI6h7DWOg$en5abRi0PeXB136mi+D2pUB2mgFrEAOAaZ4SOfiXrXs";

let files = 0;
function file(...lines: readonly (object | string | Buffer)[]): string {
  const path = join(folder, `people-${++files}.jsonl`);
  const bytes = lines.map((line) =>
    Buffer.isBuffer(line) || typeof line === "string" ? line : JSON.stringify(line),
  );
  writeFileSync(path, Buffer.concat(bytes.flatMap((line) => [Buffer.from(line), Buffer.from("\n")])));
  return path;
}
const one = (email: string, more: object = {}) => ({
  email: `${email}@import.example`,
  emailVerified: true,
  ...more,
});
const imported = (email: string) => count("app.users where email = $1", `${email}@import.example`);

describe("user import", () => {
  test("brings people in, with password and membership, and once only", async () => {
    const path = file(
      one("Ann", { name: "Ann", passwordHash: bcrypt, createdAt: "2021-03-04T05:06:07Z", locale: "de" }),
      "",
      one("bob", { passwordHash: scrypt, tenant: "acme", role: "viewer" }),
      one("cem", { passwordHash: null }),
    );
    expect(await user("import", path)).toEqual({
      code: 0,
      out: "3 imported, 0 already there\n",
      err: expect.any(String),
    });
    const { body } = await logIn("ann@import.example", password);
    expect(body.user).toMatchObject({ name: "Ann", locale: "de" });
    expect((await logIn("bob@import.example", password)).body).toMatchObject({
      tenant: { slug: "acme" },
      user: { name: "bob" },
    });
    expect((await logIn("cem@import.example", password)).status).toBe(401);
    expect(await count("app.users where created_at = '2021-03-04T05:06:07Z'")).toBe(1);

    const before = await count("audit.events");
    expect(await user("import", path)).toMatchObject({ code: 0, out: "0 imported, 3 already there\n" });
    expect(await count("audit.events")).toBe(before);
  });

  test("puts everybody into the company that is given, unless the line says another", async () => {
    await createTenant(database, { slug: "globex" });
    const path = file(one("dee"), one("eva", { tenant: "globex", role: "admin" }));
    expect((await user("import", path, "--tenant", "acme", "--role", "viewer")).code).toBe(0);
    const { rows } = await database.admin.query(
      `select tenant.slug, role.name, is_owner from app.memberships as m
       join app.tenants as tenant on tenant.id = m.tenant_id join app.roles as role on role.id = m.role_id
       join app.users as u on u.id = m.user_id where u.email in ('dee@import.example', 'eva@import.example') order by 1`,
    );
    expect(rows).toEqual([
      { slug: "acme", name: "viewer", is_owner: false },
      { slug: "globex", name: "admin", is_owner: false },
    ]);
  });

  test("leaves who is there as they are, whatever the line says, and only adds a membership", async () => {
    const person = await signUp(server);
    const line = {
      email: person.email,
      emailVerified: true,
      name: "Mallory",
      passwordHash: bcrypt,
      tenant: "acme",
    };
    expect(await user("import", file(line))).toMatchObject({
      code: 0,
      out: "0 imported, 1 joined a company, 0 already there\n",
    });
    expect((await logIn(person.email, password)).status).toBe(401);
    expect((await logIn(person.email, person.password)).body.user.name).toBe("Some One");
  });

  test("does not bring back who was removed from a company", async () => {
    const member = await createMember(database, { tenant: acme, role: "member" });
    await database.admin.query("update app.memberships set status = 'removed' where user_id = $1", [
      member.userId,
    ]);
    const path = file({ email: member.email, emailVerified: true, tenant: "acme", role: "admin" });
    expect(await user("import", path)).toMatchObject({ code: 0, out: "0 imported, 1 already there\n" });
    expect(await count("app.memberships where user_id = $1 and status = 'removed'", member.userId)).toBe(1);
  });

  test("leaves the password of an unproven address behind: whoever signed up with it there, waits here for nothing", async () => {
    const path = file({ ...one("fay", { passwordHash: bcrypt }), emailVerified: false });
    const { code, out } = await user("import", path);
    expect(code).toBe(0);
    expect(out).toContain("1 password left behind");
    expect((await logIn("fay@import.example", password)).body.code).toBe("invalid_credentials");
    // Whoever reads the mail is let in, and has proven the address by it.
    await server.post("/auth/password/forgot", { email: "fay@import.example" });
    const token = await mailedToken(server, "fay@import.example");
    expect(
      (await server.post("/auth/password/reset", { token, password: "fay's own, and long" })).status,
    ).toBe(204);
    expect((await logIn("fay@import.example", "fay's own, and long")).status).toBe(200);
  });

  test("ends a registration that waits for its mail", async () => {
    await server.post("/auth/register", { email: "gus@import.example", name: "Gus" });
    const token = await mailedToken(server, "gus@import.example");
    await user("import", file(one("gus", { passwordHash: bcrypt })));
    const followed = await server.post("/auth/email/verify", { token, password: "four walls, one chimney" });
    expect(followed.body.code).toBe("invalid_verification_token");
    expect((await logIn("gus@import.example", password)).status).toBe(200);
  });

  test("tells every line that will not do, and why, without its secrets; and then imports nobody", async () => {
    const path = file(
      one("hal", { passwordHash: bcrypt }),
      "{",
      "[]",
      { emailVerified: true },
      { email: "ida@import.example" },
      one("ida", { password: "her own words" }),
      one("ida", { passwordHash: "her own words" }),
      one("ida", { passwordHash: `$2b$20$${"a".repeat(53)}` }),
      one("ida", { tenant: "nowhere" }),
      one("ida", { tenant: "acme", role: "king" }),
      one("ida", { role: "admin" }),
      one("ida", { name: "a\nb" }),
      one("ida", { createdAt: "2999-01-01T00:00:00Z" }),
      one("ida", { createdAt: "yesterday" }),
      { email: "ida@import.example", emailVerified: "yes" },
      { email: "ida@import.example, jon@import.example", emailVerified: true },
      Buffer.from([0x7b, 0xff, 0x7d]),
      `{"email": "${"x".repeat(70_000)}"}`,
      one("ida", { name: "a\u0000b" }),
    );
    const { code, out, err } = await user("import", path);
    expect(code).toBe(1);
    expect(out).toBe("would be: 1 imported, 0 already there, 18 refused\n");
    const said = Object.fromEntries(
      [...err.matchAll(/^line (\d+): (.*)$/gm)].map(([, line, why]) => [line, why]),
    );
    expect(said).toEqual({
      2: "is no JSON",
      3: "is no JSON object",
      4: '"email" is missing',
      5: '"emailVerified" is missing',
      6: '"password" is not known',
      7: '"passwordHash" is no hash of argon2, bcrypt, scrypt or PBKDF2',
      8: '"passwordHash" takes more than a login may cost to check',
      9: 'there is no company "nowhere"',
      10: '"acme" has no role "king"',
      11: '"role" is a role in which company? "tenant" is missing',
      12: '"name" must be one line that shows something',
      13: '"createdAt" is in the future',
      14: '"createdAt" must be a time with its zone, such as 2021-03-04T05:06:07Z',
      15: '"emailVerified" must be true or false',
      16: '"email" must be an e-mail address',
      17: "is not UTF-8",
      18: "is longer than 65536 bytes",
      19: '"name" must be well-formed Unicode without NUL',
    });
    expect(err).toContain("nobody was imported");
    expect(err).not.toMatch(/her own words|aaaa/);
    expect(await imported("hal")).toBe(0);

    // And with --keep-going everybody else.
    expect(await user("import", path, "--keep-going")).toMatchObject({
      code: 1,
      out: "1 imported, 0 already there, 18 refused\n",
    });
    expect(await imported("hal")).toBe(1);
  });

  test("says nothing to the terminal that a file chose", async () => {
    const path = file(
      one("nia", { "\u001b[2J": 1 }),
      one("nia", { tenant: "acme", role: "\u001b[31m\u202eking" }),
    );
    const { err } = await user("import", path);
    expect(err).toContain('line 1: "?[2J" is not known');
    expect(err).toContain('line 2: "acme" has no role "?[31m?king"');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    expect(err).not.toMatch(/[\u001b\u202e]/);
  });

  test("only says what it would do, where it is asked to", async () => {
    const dry = await user("import", file(one("kim"), one("kim")), "--dry-run", "--format", "json");
    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.out)).toMatchObject({ refused: 0, dryRun: true });
    expect(await imported("kim")).toBe(0);
  });

  test("reads a pipe with --keep-going, and not without", async () => {
    expect((await user("import", "-")).code).toBe(2);
    const child = spawn(
      process.execPath,
      [join(projectRoot, "src/cli.ts"), "user", "import", "-", "--keep-going"],
      {
        cwd: folder,
        env: { PATH: process.env.PATH, ...settings() },
      },
    );
    child.stdin.end(`\ufeff${JSON.stringify(one("leo"))}\r\n${JSON.stringify(one("mia"))}`);
    const [code, out] = await new Promise<[number | null, string]>((done) => {
      let said = "";
      child.stdout.on("data", (chunk) => {
        said += chunk;
      });
      child.once("close", (status) => done([status, said]));
    });
    expect([code, out]).toEqual([0, "2 imported, 0 already there\n"]);
  });

  test("goes on where it was, if it breaks off, and has nobody by half or twice", async () => {
    const path = file(
      ...Array.from({ length: 500 }, (_, n) => one(`many.${n}`, { passwordHash: bcrypt, tenant: "acme" })),
    );
    // In the second batch something is in the way.
    await database.admin.query(
      `create function public.stop() returns trigger language plpgsql as $$ begin raise exception 'the disk is full'; end $$;
       create trigger stop before insert on app.users for each row when (new.email = 'many.300@import.example')
         execute function public.stop()`,
    );
    const broken = await user("import", path);
    expect(broken).toMatchObject({ code: 2, err: expect.stringContaining("stopped at lines 201 to 400") });
    expect(broken.err).not.toContain(bcrypt);
    expect(await count("app.users where email like 'many.%'")).toBe(200);
    await database.admin.query("drop function public.stop cascade");
    expect(await user("import", path)).toMatchObject({ code: 0, out: "300 imported, 200 already there\n" });
    for (const from of [
      "app.users where email like 'many.%'",
      "auth.passwords join app.users on id = user_id where email like 'many.%'",
      "app.memberships join app.users on users.id = user_id where email like 'many.%'",
    ]) {
      expect(await count(from)).toBe(500);
    }
  });

  test("twice at once brings in everybody once", async () => {
    const lines = Array.from({ length: 450 }, (_, n) => one(`both.${n}`, { tenant: "acme" }));
    const runs = await Promise.all([
      user("import", file(...lines)),
      user("import", file(...lines.toReversed())),
    ]);
    expect(runs.map(({ code, err }) => [code, err.includes("stopped")])).toEqual([
      [0, false],
      [0, false],
    ]);
    expect(await count("app.users where email like 'both.%'")).toBe(450);
    const totals = runs.map(({ out }) => Number(/^(\d+) imported/.exec(out)![1]));
    expect(totals[0]! + totals[1]!).toBe(450);
  });

  test("wants a file that is there", async () => {
    for (const args of [[], ["missing.jsonl"], ["."], ["a", "b"], ["-", "--role", "admin"]]) {
      expect((await user("import", ...args)).code, args.join(" ")).toBe(2);
    }
  });
});

test("what an operator may, nobody else may call", async () => {
  const calls = [
    "auth.find_person('ann@example.com')",
    "auth.list_people(null, null, null, 10)",
    "auth.describe_person(gen_random_uuid())",
    "auth.ban(gen_random_uuid(), 'any')",
    "auth.unban(gen_random_uuid(), 'any')",
    "auth.reset_person(gen_random_uuid(), true, 'any', '', '', gen_random_uuid(), '')",
    "auth.invite('ann@example.com', 'Ann', '', '', gen_random_uuid(), '', 'en')",
    "auth.import_people('[]', false)",
  ];
  for (const pool of [database.app, database.auth, database.worker]) {
    for (const call of calls) {
      await expect(pool.query(`select ${call}`), call).rejects.toMatchObject({ code: "42501" });
    }
  }
});

test("an operator is no superuser where the database is somebody else's to run, and the trail names them", async () => {
  const { email, login } = await signUp(server);
  const name = `operator_${randomUUID().slice(0, 8)}`;
  await database.admin.query(`create role ${name} login password 'any'`);
  try {
    await database.admin.query(`grant rowhouse_owner to ${name} with inherit false, set true`);
    await database.admin.query(`grant connect on database ${database.name} to ${name}`);
    const url = new URL(database.adminUrl);
    [url.username, url.password] = [name, "any"];
    const done = await userWith({ DATABASE_URL: url.href }, "ban", email, "--reason", "any");
    expect(done).toMatchObject({ code: 0, err: "" });
    expect((await userWith({ DATABASE_URL: url.href }, "show", email)).out).toMatch(/^status +banned$/m);
    const { rows } = await database.admin.query(
      `select action, database_role from audit.events
       where detail ->> 'user' = $1 or (row_id = $1 and action = 'update') order by at`,
      [login.user.id],
    );
    expect(rows).toEqual([
      { action: "update", database_role: name },
      { action: "auth.banned", database_role: name },
    ]);
  } finally {
    await database.admin.query(`drop owned by ${name}`);
    await database.admin.query(`drop role ${name}`);
  }
});

test("a login that may not become the owner is told so", async () => {
  const url = new URL(database.workerUrl);
  const refused = await userWith({ DATABASE_URL: url.href, DATABASE_APP_URL: database.appUrl }, "list");
  expect(refused.code).toBe(2);
  expect(refused.err).toContain("DATABASE_URL has to be the login");
});

test("user that is misused says how it is used", async () => {
  for (const args of [
    [],
    ["delete"],
    ["show"],
    ["list", "all"],
    ["list", "--limit", "0"],
    ["list", "--status", "odd"],
  ]) {
    expect((await user(...args)).code, args.join(" ")).toBe(2);
  }
});

describe("while somebody signs in,", () => {
  const secret = () => [randomBytes(32), randomBytes(32), randomUUID(), ""] as const;
  const alive = (id: string) => count("auth.sessions where user_id = $1 and ended_at is null", id);
  const facts = { ip: "192.0.2.1" };

  /** Begins a sign-in and does not commit it, then lets the operator do something, and commits. */
  async function during(act: (id: string) => Promise<unknown>) {
    const { email, login } = await signUp(server);
    const client = await database.auth.connect();
    try {
      await client.query("begin");
      const { rows } = await client.query("select password_hash from auth.begin_login($1, $2)", [
        email,
        facts,
      ]);
      const opened = await client.query(
        "select outcome from auth.finish_login($1, true, $2, $3, null, $4, false, $5)",
        [email, randomUUID(), randomBytes(32), facts, rows[0].password_hash],
      );
      expect(opened.rows).toEqual([{ outcome: "ok" }]);
      const acted = act(login.user.id);
      await new Promise((done) => setTimeout(done, 200));
      await client.query("commit");
      await acted;
    } finally {
      client.release();
    }
    return login.user.id;
  }

  test("a ban waits, and ends that session too", async () => {
    const id = await during((id) => database.admin.query("select auth.ban($1, 'any')", [id]));
    expect(await alive(id)).toBe(0);
  });

  test("so does a reset", async () => {
    const id = await during((id) =>
      database.admin.query("select auth.reset_person($1, false, null, $2, $3, $4, $5)", [id, ...secret()]),
    );
    expect(await alive(id)).toBe(0);
    expect(await count("auth.passwords where user_id = $1", id)).toBe(0);
  });

  test("and follows links, and changes the password, nobody waits for ever", async () => {
    const { email, password, login, headers } = await signUp(server);
    const { id } = login.user;
    const act = [
      () =>
        database.admin.query("select auth.reset_person($1, true, null, $2, $3, $4, $5)", [id, ...secret()]),
      () => database.admin.query("select auth.ban($1, 'any')", [id]),
      () => database.admin.query("select auth.unban($1, 'any')", [id]),
      async () => {
        await server.post("/auth/password/forgot", { email });
        await server.post("/auth/password/reset", {
          email,
          code: await mailedCode(server, email),
          password: "yet another long one",
        });
      },
      () => server.post("/auth/password/change", { current: password, new: "and another long one" }, headers),
      () => logIn(email, password),
    ];
    for (let round = 0; round < 5; round++) {
      await database.admin.query("delete from auth.mail_tokens where email = $1", [email]);
      const ended = await Promise.allSettled(act.map((one) => one()));
      expect(ended.filter(({ status }) => status === "rejected")).toEqual([]);
    }
    await database.admin.query("select auth.ban($1, 'any')", [id]);
    expect(await alive(id)).toBe(0);
  });
});
