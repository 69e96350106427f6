import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hash as argon2 } from "@node-rs/argon2";
import { describe, expect, test } from "vitest";
import { passwordRules } from "../../src/auth/password_rules.ts";
import { hashPassword, needsRehash, passwordProblem, verifyPassword } from "../../src/auth/passwords.ts";

const about = ["ann.smith@example.com", "Ann Smith", "Acme Anvils", "acme"];

describe("a password", () => {
  test.each([
    "correct horse battery staple",
    "Tr0ub4dor&3 and then some",
    "пароль из нескольких слов",
    "🐎🔋📎✅🌲🏠🚀🎸🍕🐙🦉🌙🔥🧊🎲",
    "acme makes the finest anvils of all",
    "x7#Kq9!mP2$vL5@nR8",
    "a".repeat(3) + " phrase that is long ".repeat(12),
  ])("may be %s", (password) => {
    expect(passwordProblem(password, about)).toBeNull();
  });

  test.each([
    ["too short", "fourteen chars", /at least 15/],
    ["too long", "long ".repeat(52), /at most 256/],
    ["a common one, repeated", "passwordpassword", /attackers/],
    ["a common one with digits around it", "123password!2026", /attackers/],
    ["one letter", "aaaaaaaaaaaaaaaaaaaa", /attackers/],
    ["digits in a row", "123456789012345", /attackers/],
    ["a row of keys", "qwertyuiopasdfgh", /attackers/],
    ["only digits", "4815162342481516", /attackers/],
    ["the address", "ann.smith@example.com", /little more/],
    ["the name and a year", "AnnSmith-2026-11", /little more/],
    ["the company", "AcmeAnvils123456", /little more/],
    ["the service", "rowhouse-rowhouse-1", /little more/],
  ])("is refused if it is %s", (_what, password, why) => {
    expect(passwordProblem(password, about)).toMatch(why);
  });

  test("is hashed with argon2id under OWASP's parameters, salted", async () => {
    const hashes = await Promise.all([
      hashPassword("the same words here"),
      hashPassword("the same words here"),
    ]);
    expect(hashes[0]).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  test("verifies, however a keyboard composes its letters", async () => {
    const hash = await hashPassword("Zürich in the evening".normalize("NFC"));
    expect(await verifyPassword(hash, "Zürich in the evening".normalize("NFD"))).toBe(true);
    expect(await verifyPassword(hash, "Zurich in the evening")).toBe(false);
  });

  test("of nobody is always wrong", async () => {
    expect(await verifyPassword(null, "nobody's password")).toBe(false);
  });

  test("may be shorter beside a second factor, and is judged by the same rules else", () => {
    expect(passwordProblem("x7#Kq9!m", about, true)).toBeNull();
    expect(passwordProblem("x7#Kq9!m", about)).toMatch(/at least 15/);
    expect(passwordProblem("x7#Kq9!", about, true)).toMatch(/at least 8/);
    expect(passwordProblem("password", about, true)).toMatch(/attackers/);
  });

  test("is as long as the spelling that is hashed, whatever the keyboard sent", () => {
    expect(passwordProblem("a\u0301".repeat(8), about)).toMatch(/at least 15/);
  });

  test("wants a new hash once the parameters rose, and not before", async () => {
    expect(needsRehash(await hashPassword("the same words here"))).toBe(false);
    for (const weaker of [{ memoryCost: 8_192 }, { timeCost: 1 }, { parallelism: 2 }]) {
      const known = await argon2("the same words here", { memoryCost: 19_456, timeCost: 2, ...weaker });
      expect(needsRehash(known), JSON.stringify(weaker)).toBe(true);
    }
  });
});

describe("a list of leaked passwords", () => {
  const leaked = "correct horse battery staple";
  const digest = createHash("sha1").update(leaked).digest("hex").toUpperCase();

  /** A stand-in for Have I Been Pwned, which tests do not ask. */
  async function list(answer: string, status = 200) {
    const asked: { url: string | undefined; padding: string | string[] | undefined }[] = [];
    const server = createServer((request, response) => {
      asked.push({ url: request.url, padding: request.headers["add-padding"] });
      response.writeHead(status).end(answer);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const warnings: unknown[] = [];
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/range`;
    const rules = passwordRules(
      { breachedPasswordsUrl: url },
      { warn: (...line: unknown[]) => void warnings.push(line) },
    );
    return { rules, asked, warnings, stop: () => void server.close() };
  }

  test("is told five digits of a hash and asked for a padded answer", async () => {
    const { rules, asked, warnings, stop } = await list(
      `0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n${digest.slice(5)}:12\r\n`,
    );
    expect(await rules.problem(leaked, [])).toMatch(/leaked/);
    expect(asked).toEqual([{ url: `/range/${digest.slice(0, 5)}`, padding: "true" }]);
    expect(warnings).toEqual([]);
    stop();
  });

  test("does not count what pads its answer, and what is not in it", async () => {
    for (const answer of [`${digest.slice(5)}:0\r\n`, "0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n", ""]) {
      const { rules, stop } = await list(answer);
      expect(await rules.problem(leaked, [])).toBeNull();
      stop();
    }
  });

  test("is not asked about what will not do anyway, nor where none is set", async () => {
    const { rules, asked, stop } = await list("");
    expect(await rules.problem("short", [])).toMatch(/at least 15/);
    expect(asked).toEqual([]);
    const none = passwordRules({ breachedPasswordsUrl: null }, { warn: () => expect.unreachable() });
    expect(await none.problem(leaked, [])).toBeNull();
    stop();
  });

  test("that is broken or away keeps nobody from choosing a password, and the log says so", async () => {
    const broken = await list("", 503);
    expect(await broken.rules.problem(leaked, [])).toBeNull();
    expect(broken.warnings).toHaveLength(1);
    broken.stop();
    const away = await list("");
    away.stop();
    expect(await away.rules.problem(leaked, [])).toBeNull();
    expect(away.warnings).toHaveLength(1);
    // What is told of it does not hold the password.
    expect(JSON.stringify(away.warnings)).not.toContain(leaked);
  });
});
