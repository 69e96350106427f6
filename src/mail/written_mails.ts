import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A mail that was written to a file instead of being sent. */
export interface WrittenMail {
  /** Its file's name. */
  readonly file: string;
  readonly to: string;
  readonly subject: string;
  readonly date: string;
  readonly text: string;
  readonly html: string;
}

/** Mails that are shown at most. */
const MOST = 100;

/** The mails in a folder, newest first. */
export async function writtenMails(folder: string): Promise<WrittenMail[]> {
  const files = (await readdir(folder).catch(noFolder)).filter((file) => isMailFile(file));
  const newest = files.sort().reverse().slice(0, MOST);
  return (await Promise.all(newest.map((file) => writtenMail(folder, file)))).filter((mail) => mail !== null);
}

/** One of them; null where there is no such file. */
export async function writtenMail(folder: string, file: string): Promise<WrittenMail | null> {
  if (!isMailFile(file)) return null;
  const content = await readFile(join(folder, file), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return null;
  });
  return content === null ? null : { file, ...read(content) };
}

/** As transport.ts names them: a time, a process, a number. Nothing else in the folder, or beside it, is shown. */
function isMailFile(file: string): boolean {
  return /^[\dTZ-]+\.eml$/.test(file);
}

function noFolder(error: NodeJS.ErrnoException): string[] {
  if (error.code !== "ENOENT") throw error;
  return [];
}

/** Reads what transport.ts writes: two parts in quoted-printable (RFC 2045, RFC 2046). It is no reader for mail at large. */
function read(content: string): Omit<WrittenMail, "file"> {
  const { header, body } = split(content);
  const boundary = /boundary="([^"]+)"/.exec(header)?.[1];
  const parts = boundary === undefined ? [content] : body.split(`--${boundary}`).slice(1, -1);
  const part = (type: string): string => {
    const found = parts.map((one) => split(one.trimStart())).find((one) => one.header.includes(type));
    return found === undefined ? "" : quotedPrintable(found.body);
  };
  return {
    to: fieldOf(header, "To"),
    subject: fieldOf(header, "Subject"),
    date: fieldOf(header, "Date"),
    text: part("text/plain"),
    html: part("text/html"),
  };
}

function split(content: string): { header: string; body: string } {
  const end = content.indexOf("\n\n");
  return end < 0
    ? { header: content, body: "" }
    : { header: content.slice(0, end), body: content.slice(end + 2) };
}

/** A field's value, with folded lines and encoded words (RFC 2047) as they are meant. */
function fieldOf(header: string, name: string): string {
  const value = new RegExp(`^${name}: (.*(?:\n[ \t].*)*)`, "im").exec(header)?.[1] ?? "";
  return value
    .replaceAll(/\?=\s+=\?/g, "?==?")
    .replaceAll(/\n[ \t]+/g, " ")
    .replaceAll(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_, how: string, text: string) =>
      how.toUpperCase() === "B"
        ? Buffer.from(text, "base64").toString()
        : quotedPrintable(text.replaceAll("_", " ")),
    );
}

function quotedPrintable(text: string): string {
  const bytes = text
    .replaceAll(/=\r?\n/g, "")
    .replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString();
}
