import { describe, expect, test } from "vitest";
import { docx, paragraph } from "../support/files/docx.ts";
import { pdf, pdfOfStream, rawPdf } from "../support/files/pdf.ts";
import { withPeak } from "../support/files/peak_memory.ts";
import { expectRefused, LIMITS, read, readHere } from "../support/files/reading.ts";
import { zip } from "../support/files/zip.ts";

const MIB = 2 ** 20;

describe("a bomb", () => {
  test("of flate in a PDF is ended while it unpacks, far below what it would occupy", async () => {
    // A gigabyte, packed twice into 2 kB. Alone it takes 2 GB and more.
    const bomb = pdfOfStream(Buffer.alloc(1_000 * MIB, " "), 2);
    expect(bomb.length).toBeLessThan(10_000);
    const { peak } = await withPeak(() =>
      expectRefused(read("bomb.pdf", bomb, { ...LIMITS, memory: 256 }), "file_too_costly"),
    );
    expect(peak).toBeGreaterThan(50);
    expect(peak).toBeLessThan(1_000);
  });

  test("in a ZIP archive is not unpacked beyond the limit", () =>
    expectRefused(read("bomb.docx", docx({ body: " ".repeat(100 * MIB) })), "file_too_costly"));

  test("of many small entries is refused by their number", () => {
    const more = Array.from({ length: 5_001 }, (_, n) => ({ name: `word/${n}.xml`, content: "" }));
    return expectRefused(read("many.docx", docx({ body: paragraph("x"), more })), "file_too_costly");
  });

  test("of XML that only becomes large as a tree is ended", () =>
    expectRefused(
      read("tree.docx", docx({ body: paragraph("a").repeat(300_000) }), { ...LIMITS, memory: 256 }),
      "file_too_costly",
    ));

  test("of entities is refused before it is parsed", () => {
    const entities = Array.from({ length: 9 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`);
    const document = `<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e0 "lol">${entities.join("")}]><w>&e9;</w>`;
    return expectRefused(read("lol.docx", docx({ body: "", document })), "file_broken");
  });

  test("that is none is read: pictures of a document are not even unpacked", async () => {
    const more = [{ name: "word/media/image1.png", content: Buffer.alloc(100 * MIB) }];
    expect((await read("a.docx", docx({ body: paragraph("Seen"), more }))).text).toBe("Seen");
  });
});

describe("what lies about its size", () => {
  test("with less than it holds is broken", () =>
    expectRefused(
      readHere("a.docx", docx({ body: paragraph("a").repeat(1_000), size: 100 })),
      "file_broken",
    ));

  test("with more than it holds is broken", () =>
    expectRefused(readHere("a.docx", docx({ body: paragraph("a"), size: 1_000_000 })), "file_broken"));

  test("with a thousand million pages has those that it has", () =>
    expectRefused(
      readHere(
        "a.pdf",
        rawPdf(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 1000000000 >>"]),
      ),
      "file_without_text",
    ));
});

describe("what turns in circles or stands too deep", () => {
  test.each([
    ["pages of themselves", ["<< /Type /Pages /Kids [2 0 R] /Count 3 >>"]],
    [
      "pages of one another",
      ["<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Pages /Kids [2 0 R] /Count 1 >>"],
    ],
  ])("as %s is broken", (_, objects) =>
    expectRefused(
      readHere("a.pdf", rawPdf(["<< /Type /Catalog /Pages 2 0 R >>", ...objects])),
      "file_broken",
    ),
  );

  test("as a page that is its own content has no text", () => {
    const page = "<< /Type /Page /Parent 2 0 R /Contents 3 0 R /Resources 3 0 R >>";
    const pages = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>";
    return expectRefused(
      readHere("a.pdf", rawPdf(["<< /Type /Catalog /Pages 2 0 R >>", pages, page])),
      "file_without_text",
    );
  });

  test("as 200,000 elements in HTML is refused", () =>
    expectRefused(read("a.html", `${"<div>".repeat(200_000)}x`), "file_too_costly"));

  test("as 200,000 elements in a DOCX is refused", () => {
    const deep = `${"<w:sdt><w:sdtContent>".repeat(100_000)}${"</w:sdtContent></w:sdt>".repeat(100_000)}`;
    return expectRefused(read("a.docx", docx({ body: deep })), "file_too_costly");
  });
});

describe("what is locked", () => {
  test("as a PDF with a password is refused", async () => {
    const file = await pdf((page) => page.text("secret"), { userPassword: "user", ownerPassword: "owner" });
    await expectRefused(readHere("a.pdf", file), "file_encrypted");
  });

  test("as a PDF that anybody opens and whose text nobody may copy is refused", async () => {
    const file = await pdf((page) => page.text("secret"), { ownerPassword: "owner", permissions: {} });
    await expectRefused(readHere("a.pdf", file), "file_protected");
  });

  test("as a DOCX is refused, as Office encrypts it or as ZIP does", async () => {
    const office = Buffer.concat([
      Buffer.from("d0cf11e0a1b11ae1", "hex"),
      Buffer.alloc(2_000),
      Buffer.from("EncryptedPackage", "utf16le"),
    ]);
    await expectRefused(readHere("a.docx", office), "file_encrypted");
    await expectRefused(
      readHere("a.docx", docx({ body: paragraph("x"), isEncrypted: true })),
      "file_encrypted",
    );
  });
});

describe("what is not what it says", () => {
  const page = pdfOfStream(Buffer.from("BT (x) Tj ET"));
  test.each([
    ["a PDF called .txt", "a.txt", page],
    ["text called .pdf", "a.pdf", "text"],
    ["text called .docx", "a.docx", "text"],
    ["another archive called .docx", "a.docx", zip([{ name: "a.xml", content: "x" }])],
    ["an old document called .docx", "a.docx", Buffer.from("d0cf11e0a1b11ae100000000", "hex")],
    ["HTML called .txt", "a.txt", "<!DOCTYPE html><p>x"],
    ["a program called .txt", "a.txt", Buffer.from("\x7fELF\0\0\0")],
  ])("is refused: %s", (_, name, content) => expectRefused(readHere(name, content), "file_type_mismatch"));

  test("is refused where it was sent as another type", () =>
    expectRefused(readHere("a.md", "# x", "application/pdf"), "file_type_mismatch"));

  test("is read where the sender's program knows no better", async () => {
    for (const mediaType of ["text/plain; charset=utf-8", "application/octet-stream", ""])
      expect((await readHere("a.md", "# x", mediaType)).type).toBe("markdown");
  });

  test.each([
    ["a.exe", "MZ"],
    ["a.xlsx", "PK\x03\x04"],
    ["a.doc", "x"],
    ["a.docm", "x"],
    ["picture", Buffer.from("\x89PNG\r\n\x1a\n\0")],
  ])("and is none of ours is refused: %s", (name, content) =>
    expectRefused(readHere(name, content), "file_type_unsupported"),
  );
});

describe("what cannot be read", () => {
  test.each([
    ["a.pdf", "%PDF-1.7\nnothing"],
    ["a.docx", docx({ body: paragraph("x").slice(0, -3) })],
    ["b.docx", docx({ body: paragraph("x") }).subarray(0, 900)],
    ["c.docx", docx({ body: paragraph("x"), more: [{ name: "../../etc/passwd", content: "x" }] })],
    ["d.docx", docx({ body: paragraph("x"), more: [{ name: "word/document.xml", content: "x" }] })],
  ])("is broken: %s", (name, content) => expectRefused(readHere(name, content), "file_broken"));

  test.each([
    ["a.txt", Buffer.from("caf\xe9", "latin1")],
    ["a.html", Buffer.from('<html><meta charset="utf-8">caf\xe9', "latin1")],
    ["b.html", '<html><meta charset="klingon">x'],
    ["b.txt", Buffer.from("\uFEFFa\uD83D b", "utf16le")],
  ])("by its encoding is not guessed at: %s", (name, content) =>
    expectRefused(readHere(name, content), "file_encoding_unknown"),
  );

  test.each([
    ["a.txt", ""],
    ["b.txt", " …\n"],
    ["a.html", "<script>x</script>"],
    ["a.docx", docx({ body: "" })],
  ])("has no text: %s", (name, content) => expectRefused(readHere(name, content), "file_without_text"));

  test("is a scan", async () => {
    const scan = await pdf((page) => page.rect(0, 0, 100, 100).fill("red"));
    await expectRefused(readHere("scan.pdf", scan), "file_without_text");
  });
});
