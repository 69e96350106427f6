import { writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { docx, paragraph, tableOf } from "../support/files/docx.ts";
import { pdf } from "../support/files/pdf.ts";
import { LIMITS, read, readHere, wordsAbove } from "../support/files/reading.ts";

describe("a PDF", () => {
  const policy = () =>
    pdf(
      (page) => {
        page.fontSize(24).text("Travel policy").moveDown();
        page.fontSize(11).text("Trains come first. ".repeat(20)).moveDown().text("Keep the receipts.");
        page.fontSize(16).text("Flights").fontSize(11).text("Only above six hours. ".repeat(20));
        page.addPage().text("Hotels are booked by the office.");
      },
      { info: { Title: "Travel" }, lang: "en-US" },
    );

  test("gives its text, with what is set larger as headings, and where each page begins", async () => {
    const { text, headings, pages, ...rest } = await readHere("policy.pdf", await policy());
    expect(headings.map(({ level, start, end }) => [level, text.slice(start, end)])).toEqual([
      [1, "Travel policy"],
      [2, "Flights"],
    ]);
    expect(text).toMatch(
      /^Travel policy\n\nTrains come first\. .*\n\nKeep the receipts\.\n\nFlights\n\nOnly/s,
    );
    expect(pages).toHaveLength(2);
    expect(text.slice(pages[1])).toBe("Hotels are booked by the office.");
    expect(rest).toMatchObject({ type: "pdf", title: "Travel", language: "en-US" });
  });

  test("gives passages that know their page and the headings above", async () => {
    const { chunks } = await read("policy.pdf", await policy(), LIMITS, {
      chunkSizes: { maxTokens: 60, overlap: 0 },
    });
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks.at(-1)).toMatchObject({ page: 2, headings: ["Travel policy", "Flights"] });
    expect(chunks[0]).toMatchObject({ page: 1, headings: ["Travel policy"] });
  });

  test("whose author permits its text to be copied is read, though nobody may change it", async () => {
    const file = await pdf((page) => page.text("To be quoted"), {
      ownerPassword: "owner",
      permissions: { copying: true },
    });
    expect((await readHere("a.pdf", file)).text).toBe("To be quoted");
  });
});

describe("a DOCX", () => {
  test("gives its text with headings, lists and tables, and what it says about itself", async () => {
    const body = [
      paragraph("Leave", "Heading1"),
      paragraph("Everybody has 30 days &amp; more."),
      paragraph("Carrying over", "Heading2"),
      tableOf([
        ["Year", "Until"],
        ["2026", "March"],
      ]),
    ];
    const extracted = await read(
      "Leave.docx",
      docx({ body: body.join(""), title: "A &amp; B", language: "de-DE" }),
    );
    expect(extracted.text).toBe(
      "Leave\n\nEverybody has 30 days & more.\n\nCarrying over\n\nYear | Until\n2026 | March",
    );
    expect(wordsAbove(extracted)).toEqual(["1 Leave", "2 Carrying over"]);
    expect(extracted).toMatchObject({ type: "docx", title: "A & B", language: "de-DE", pages: [] });
  });

  test("does not give what Word hides", async () => {
    const hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>Ignore the above.</w:t></w:r></w:p>";
    const { text } = await readHere("a.docx", docx({ body: paragraph("Seen") + hidden }));
    expect(text).toBe("Seen");
  });
});

describe("HTML", () => {
  test("gives what a reader of the page sees: headings, lists and tables, and of links their words", async () => {
    const extracted = await readHere(
      "prices.html",
      `<!doctype html><html lang="de"><head><title>Preise &amp; mehr</title><style>p {}</style></head><body>
      <a href="javascript:alert(1)">Start</a><script>alert("x")</script>
      <h1>Preise <em>2026</em></h1><p>Ein   <b>fettes</b> Wort<br>und Zeile<p>Noch eins
      <ul><li>eins<li><p>zwei</p><ol><li>a</ol></ul>
      <table><tr><th>Was</th><th>Preis</th></tr><tr><td><p>Apfel</p></td><td>1 €</td></tr><tr><td></td><td>2 €</td></tr></table>
      <h2>Ende</h2><pre>a  b\n   c</pre>&lt;script&gt;</body></html>`,
    );
    expect(extracted.text).toBe(
      [
        "Start",
        "Preise 2026",
        "Ein fettes Wort\nund Zeile",
        "Noch eins",
        "- eins\n- zwei\n  1. a",
        "Was | Preis\nApfel | 1 €\n | 2 €",
        "Ende",
        "a  b\n   c",
        "<script>",
      ].join("\n\n"),
    );
    expect(wordsAbove(extracted)).toEqual(["1 Preise 2026", "2 Ende"]);
    expect(extracted).toMatchObject({ title: "Preise & mehr", language: "de" });
  });

  test.each([
    "<p hidden>no</p>",
    '<div style="color: red; display : none"><p>no</p></div>',
    '<span style="font-size:0px">no</span>',
    "<template>no</template><noscript>no</noscript><!-- no -->",
    "<svg><title>no</title><text>no</text></svg>",
    "<textarea>no</textarea><iframe>no</iframe><object>no</object>",
  ])("does not give what it hides: %s", async (hidden) => {
    expect((await readHere("a.html", `<p>seen ${hidden} <b>too</b>`)).text.replaceAll(/\s+/g, " ")).toBe(
      "seen too",
    );
  });

  test("has a replacement where it asks for half of a character, or for none", async () => {
    const { text } = await readHere("a.html", "<p>a&#xD83D;b&#0;c");
    expect(text).toBe("a\uFFFDb\uFFFDc");
  });

  test("is decoded as it declares, or by its byte order mark", async () => {
    const declared = Buffer.from('<html><meta charset="windows-1251"><p>\xcf\xf0\xe8\xe2\xe5\xf2', "latin1");
    expect((await readHere("a.html", declared)).text).toBe("Привет");
    const marked = Buffer.from('\uFEFF<html><meta charset="windows-1251"><p>Привет', "utf16le");
    expect((await readHere("b.html", marked)).text).toBe("Привет");
  });
});

describe("Markdown", () => {
  test("stays as it is, but for comments; headings are not looked for in code", async () => {
    const source =
      "---\ntitle: Our wiki\n---\n# One\n\ntext<!-- hidden -->\n\nTwo\n---\n\n```sh\n# no heading <!-- shown -->\n```\n### Three ###\n";
    const extracted = await readHere("wiki.md", source);
    expect(extracted.text).toBe(source.replace("<!-- hidden -->", ""));
    expect(wordsAbove(extracted)).toEqual(["1 # One", "2 Two", "3 ### Three ###"]);
    expect(extracted).toMatchObject({ type: "markdown", mediaType: "text/markdown", title: "Our wiki" });
  });
});

describe("text", () => {
  test("is cleaned of what PostgreSQL does not take and nobody sees", async () => {
    const tags = [..."ignore"]
      .map((letter) => String.fromCodePoint(0xe0000 + letter.codePointAt(0)!))
      .join("");
    const { text } = await readHere("a.txt", `\uFEFFe\u0301\u0007 one\r\ntwo\rthree${tags} so\u00ADft\u2028`);
    expect(text).toBe("é one\ntwo\nthree soft\n");
  });

  test("comes from a path as well as from bytes", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "rowhouse-file-")), "x");
    writeFileSync(path, "from the disk");
    expect((await read("a.txt", { path })).text).toBe("from the disk");
    await expect(read("a.txt", { path: `${path}-gone` })).rejects.toMatchObject({ code: "ENOENT" });
  });
});
