/** What a file is, as its bytes and its name say together. */
export type FileType = "docx" | "html" | "markdown" | "pdf" | "text";

/** The media type that each is stored and sent as, whatever the uploader called it. */
export const MEDIA_TYPES: Readonly<Record<FileType, string>> = {
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  html: "text/html",
  markdown: "text/markdown",
  pdf: "application/pdf",
  text: "text/plain",
};

/** Offsets are those of JavaScript (UTF-16 code units) into `text`; PostgreSQL counts characters. */
export interface Heading {
  /** 1 for the outermost, to 6. */
  readonly level: number;
  readonly start: number;
  readonly end: number;
}

/** What was read: text that PostgreSQL takes as it is (no NUL, no half of a surrogate pair), composed (NFC), lines by `\n`. */
export interface Extracted {
  readonly type: FileType;
  readonly mediaType: string;
  /** The file's name without folders and control characters. */
  readonly name: string;
  readonly text: string;
  readonly headings: readonly Heading[];
  /** Where each page begins; empty where the type has none. */
  readonly pages: readonly number[];
  /** As the file itself says; null where it does not. */
  readonly title: string | null;
  /** As the file itself says, in BCP 47; null where it does not. */
  readonly language: string | null;
}

/** What one file may cost. */
export interface ExtractionLimits {
  /** Bytes of the file. */
  readonly maxBytes: number;
  /** Characters (UTF-16 code units) of its text. */
  readonly maxCharacters: number;
  /** Milliseconds from the start of the process to its answer. */
  readonly timeout: number;
  /** MiB that the process may occupy (its resident set). */
  readonly memory: number;
}
