import { describe, expect, test } from "vitest";
import { compose, LANGUAGES } from "../../src/mail/compose.ts";
import { TEMPLATES } from "../../src/mail/templates.ts";
import { createDatabase } from "../support/database.ts";

const at = new Date("2026-11-26T14:03:00Z");
const withLink = [
  "verify_email",
  "reset_password",
  "sign_in",
  "change_email",
  "invitation",
  "password_removed",
  "guest_upgrade",
  "deletion_asked",
];
const all = TEMPLATES.flatMap((template) => LANGUAGES.map((locale) => ({ template, locale })));

function composed(template: (typeof TEMPLATES)[number], locale: string) {
  const secret = withLink.includes(template) ? { token: "the-token", code: "123456" } : null;
  return compose({ template, to: "ann@example.com", locale, secret, at }, "https://chat.rowhouse.test");
}

describe("every mail, in every language,", () => {
  test.each(all)(
    "$template in $locale says the same in text and HTML, with link and code where it has them",
    ({ template, locale }) => {
      const { subject, text, html, link } = composed(template, locale);
      expect(html).toContain(`<html lang="${locale}">`);
      expect(html).toContain(`<title>${subject}</title>`);
      const plain = html.replaceAll(/<style>.*?<\/style>|<[^>]+>/gs, " ").replaceAll(/\s+/g, " ");
      for (const sentence of text.replaceAll(/\s+/g, " ").split(/(?<=[.:]) /)) {
        if (!/https:|\d{3} \d{3}/.test(sentence)) expect(plain).toContain(sentence.trim());
      }
      if (withLink.includes(template)) {
        expect(link).toMatch(/^https:\/\/chat\.rowhouse\.test\/auth\/[a-z/]+#token=the-token$/);
        for (const body of [text, html]) expect(body).toContain(link);
        for (const body of [text, html]) expect(body).toContain("123 456");
      } else {
        expect(link).toBeUndefined();
        expect(text + html).not.toContain("#token");
      }
    },
  );

  test.each(all)(
    "$template in $locale loads nothing, runs nothing, and keeps its lines short",
    ({ template, locale }) => {
      const { text, html } = composed(template, locale);
      expect(html).not.toMatch(/<(img|script|link|iframe|form|object)|url\(|@import|\son\w+=/i);
      for (const [, address] of html.matchAll(/(?:href|src)="([^"]*)"/g)) {
        expect(address).toMatch(/^https:\/\/chat\.rowhouse\.test\//);
      }
      for (const line of text.split("\n"))
        if (!line.includes("https:")) expect(line.length).toBeLessThanOrEqual(78);
    },
  );

  test("has a subject of its own", () => {
    const subjects = all.map(({ template, locale }) => composed(template, locale).subject);
    expect(new Set(subjects).size).toBe(all.length);
  });

  test("is in English where there is no text in the reader's language", () => {
    expect(composed("sign_in", "pt-BR").subject).toBe(composed("sign_in", "en").subject);
    expect(composed("sign_in", "de-AT").subject).toBe(composed("sign_in", "de").subject);
  });

  test("is a template that the database knows, and the other way round", async () => {
    const database = await createDatabase();
    try {
      const { rows } = await database.admin.query(
        "select pg_get_constraintdef(oid) as law from pg_constraint where conname = 'mails_template_check'",
      );
      const known = [...String(rows[0].law).matchAll(/'(\w+)'::text/g)].map(([, name]) => name);
      expect(known.toSorted()).toEqual([...TEMPLATES].toSorted());
    } finally {
      await database.drop();
    }
  });
});
