import { spawnSync } from "node:child_process";
import pg from "pg";
import { describe, expect, inject, test } from "vitest";
import { ConfigError, readConfig } from "../../src/config.ts";
import { BadConnectionString, readConnectionString } from "../../src/database/connection_string.ts";
import { asRole } from "../../src/database/credentials.ts";
import { projectRoot } from "../../src/database/migrations.ts";
import { rowhouse } from "../support/command_line.ts";

const { hostname, port, username, password } = new URL(inject("adminUrl"));

/** Forms that libpq takes, each for the server of this run. */
const forms: Readonly<Record<string, string>> = {
  "a URL": `postgres://${username}:${password}@${hostname}:${port}/template1`,
  "its longer scheme": `postgresql://${username}:${password}@${hostname}:${port}/template1`,
  "a percent-encoded password": `postgres://${username}:${[...password].map((one) => `%${one.charCodeAt(0).toString(16)}`).join("")}@${hostname}:${port}/template1`,
  "everything as parameters": `postgres:///?host=${hostname}&port=${port}&user=${username}&password=${password}&dbname=template1`,
  "keywords and values": `host=${hostname} port=${port} user=${username} password=${password} dbname=template1`,
  "keywords with spaces and quotes": `host = '${hostname}' port = ${port}\n user='${username}' password='${password}' dbname = 'template1'`,
  "an address": `hostaddr=127.0.0.1 port=${port} user=${username} password=${password} dbname=template1`,
};

describe("a connection string", () => {
  test.each(Object.entries(forms))("may be %s, as libpq takes it", async (_, text) => {
    const client = new pg.Client({ connectionString: readConnectionString(text) });
    await client.connect();
    const { rows } = await client.query("select current_database() as database, current_user as role");
    await client.end();
    expect(rows).toEqual([{ database: "template1", role: username }]);
    // libpq itself is the judge of what it takes.
    const { stdout } = spawnSync("psql", ["-XAt", "-c", "select current_database()", text], {
      encoding: "utf8",
    });
    expect(stdout).toBe("template1\n");
  });

  test.each([
    [
      "postgres://u:p@h/db?sslmode=disable&application_name=my%20app",
      "postgres://u:p@h/db?sslmode=disable&application_name=my%20app",
    ],
    ["postgres://u@/db?host=/var/run/postgresql", "postgres://u@%2Fvar%2Frun%2Fpostgresql/db"],
    ["postgres://%2Fvar%2Frun%2Fpostgresql/db", "postgres://%2Fvar%2Frun%2Fpostgresql/db"],
    ["host=/var/run/postgresql user=u", "postgres://u@%2Fvar%2Frun%2Fpostgresql"],
    ["postgres://u:p@[::1]:5433/db", "postgres://u:p@[::1]:5433/db"],
    ["postgres:///db", "postgres://localhost/db"],
    [String.raw`user=u password='it\'s \\ here' dbname=db`, "postgres://u:it's%20%5C%20here@localhost/db"],
    ["postgres://postgres:5432/rowhouse", "postgres://postgres:5432/rowhouse"],
  ])("%s becomes %s", (text, url) => {
    expect(readConnectionString(text)).toBe(url);
  });

  test("of a socket keeps its folder when another role signs in", () => {
    const url = asRole(
      readConnectionString("postgres://u@/db?host=/var/run/postgresql"),
      "rowhouse_app",
      "secret",
    );
    expect(new pg.Client({ connectionString: url })).toMatchObject({
      host: "/var/run/postgresql",
      user: "rowhouse_app",
      password: "secret",
      database: "db",
    });
  });

  /** What people really paste, with a password that holds what has a meaning elsewhere. */
  const slips: readonly string[] = [
    "postgres://owner:hush#42sh@db.example/x",
    "postgres://owner:42#hush@db.example/x",
    "postgres://owner:hush@hush@db.example/x",
    "postgres://owner:42/hush@db.example/x",
    "postgres://owner:42?hush@db.example/x",
    "postgres://owner:hush%zz@db.example/x",
    "postgres://owner:hush:hush@db.example:hush/x",
    "postgres://owner@db.example:hush/x",
    "postgres://a.example,b.example/x?password=hush",
    "host=db.example password=hush hush=1",
    "host=db.example password='hush",
    "host=db.example password=a hush",
    "host=db.example service=hush",
    "mysql://owner:hush@db.example/x",
  ];

  test.each(slips)("that cannot be meant is refused, and not quoted: %s", (text) => {
    let refusal: unknown;
    try {
      readConnectionString(text);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(BadConnectionString);
    expect(String(refusal)).not.toMatch(/hush|42/);
    expect(() => readConfig({ DATABASE_URL: text })).toThrow(ConfigError);
    expect(() => readConfig({ DATABASE_URL: text })).not.toThrow(/hush|42/);
  });

  test.each(
    slips.flatMap((text) => [
      ["lint", "--database", text],
      ["lint", text],
      ["policies", "diff", text],
      [text],
    ]),
  )("never shows its password, wherever it stands: rowhouse %s %s %s", async (...args) => {
    const { code, out, err } = await rowhouse(args, projectRoot);
    expect(code).toBe(2);
    expect(out + err).not.toMatch(/hush|42/);
  });
});

describe("URLs of other services", () => {
  test.each([
    ["REDIS_URL", "redis://cache:42#hush@cache.example:6379"],
    ["REDIS_URL", "redis://cache:42/hush@cache.example:6379"],
    ["SMTP_URL", "smtp://user:42?hush@mail.example"],
  ])("%s is refused where its password is cut in two, and not quoted", (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`${name} holds a # or a second @`));
    expect(() => readConfig({ [name]: value })).not.toThrow(/hush/);
  });
});
