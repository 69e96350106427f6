import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { asDatabase } from "../../src/database/credentials.ts";
import { projectRoot } from "../../src/database/migrations.ts";
import { snapshot } from "../../src/database/snapshot.ts";
import { type Checkout, makeCheckout } from "../support/checkout.ts";
import { testMasterKey } from "../support/database.ts";
import { startCommand } from "../support/running_command.ts";

describe("a checkout with CRLF line ends", () => {
  const name = `crlf_${process.pid}`;
  const adminUrl = asDatabase(inject("adminUrl"), name);
  let checkout: Checkout;
  beforeAll(() => {
    checkout = makeCheckout({ crlf: true });
    writeFileSync(
      join(checkout.folder, ".env"),
      `DATABASE_URL=${adminUrl}\r\nMASTER_KEY=${testMasterKey.toString("base64")}\r\n`,
    );
  });
  afterAll(async () => {
    const admin = new pg.Client({ connectionString: inject("adminUrl") });
    await admin.connect();
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
    checkout.remove();
  });

  const rowhouse = async (...args: string[]): Promise<{ status: unknown; output: string }> => {
    const command = startCommand(process.execPath, ["src/cli.ts", ...args], { cwd: checkout.folder });
    return { status: await command.ended(), output: command.output() };
  };

  test("builds the same database as one without", async () => {
    expect(await rowhouse("migrate")).toMatchObject({ status: 0 });
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    try {
      expect(await snapshot(client)).toBe(readFileSync(join(projectRoot, "db", "snapshot.sql"), "utf8"));
    } finally {
      await client.end();
    }
  });

  test("lints it", async () => {
    expect(await rowhouse("lint", "--fail-on", "error")).toMatchObject({ status: 0 });
  });
});

test("git gives every checkout LF line ends, whatever core.autocrlf says", () => {
  const attributes = execFileSync(
    "git",
    ["check-attr", "eol", "db/committed/000001-tenancy.sql", "src/cli.ts"],
    {
      cwd: projectRoot,
      encoding: "utf8",
    },
  );
  expect(attributes.trimEnd().split("\n")).toEqual([
    "db/committed/000001-tenancy.sql: eol: lf",
    "src/cli.ts: eol: lf",
  ]);
});
