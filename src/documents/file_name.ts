const LONGEST = 200;

/**
 * The name that a file is kept under: what stands behind the last slash of either kind, composed, without control
 * characters and without those that turn the direction of writing (`cod\u202Efdp.exe` is shown as `codexe.pdf`).
 */
export function cleanFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  const clean = last
    .toWellFormed()
    .normalize("NFC")
    .replaceAll(/[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu, "")
    .replaceAll(/\s+/g, " ")
    .replace(/^[. ]+|[. ]+$/g, "");
  return shortened(clean) || "file";
}

/** The letters behind the last dot, in lower case; null for `Report v1.2`, whose dot begins no extension. */
export function extensionOf(name: string): string | null {
  return /[^.]\.([a-z][a-z0-9]{0,9})$/i.exec(name)?.[1]?.toLowerCase() ?? null;
}

/** Shortens before the extension, and never within a character. */
function shortened(name: string): string {
  const characters = [...name];
  if (characters.length <= LONGEST) return name;
  const extension = extensionOf(name);
  const ending = extension === null ? "" : name.slice(-extension.length - 1);
  return (
    characters
      .slice(0, LONGEST - ending.length)
      .join("")
      .trimEnd() + ending
  );
}
