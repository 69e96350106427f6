import { expect, test } from "vitest";
import { cleanFileName, extensionOf } from "../../src/documents/file_name.ts";

test.each([
  ["../../etc/passwd", "passwd"],
  ["C:\\Users\\ada\\Plan.docx", "Plan.docx"],
  ["/", "file"],
  ["..", "file"],
  ["", "file"],
  [" .hidden ", "hidden"],
  ["a\0b\r\nc.txt", "abc.txt"],
  ["cod\u202Efdp.exe", "codfdp.exe"],
  ["half\uD83D.txt", "half\uFFFD.txt"],
  ["U\u0308bersicht.pdf", "Übersicht.pdf"],
])("the name %j is kept as %j", (name, kept) => {
  expect(cleanFileName(name)).toBe(kept);
});

test("a long name keeps its extension, and whole characters", () => {
  const name = cleanFileName(`${"👩".repeat(500)}.docx`);
  expect([...name]).toHaveLength(200);
  expect(name.endsWith("👩.docx")).toBe(true);
});

test("what stands behind the last dot is an extension where it looks like one", () => {
  const names = ["a.PDF", "Report v1.2", "a.tar.gz", ".profile", "a."];
  expect(names.map(extensionOf)).toEqual(["pdf", null, "gz", null, null]);
});
