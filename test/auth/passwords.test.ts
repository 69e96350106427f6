import { describe, expect, test } from "vitest";
import { hashPassword, passwordProblem, verifyPassword } from "../../src/auth/passwords.ts";

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
});
