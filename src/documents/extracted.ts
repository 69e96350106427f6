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

/** A passage: `text` is what stands from `start` to `end` of the whole. Numbers of tokens are those of `countTokens`. */
export interface Chunk {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The headings that it stands under, the outermost first. */
  readonly headings: readonly string[];
  /** On which page it begins, from 1; null where there are none. */
  readonly page: number | null;
  readonly tokens: number;
}

export interface ChunkSizes {
  /** The most tokens of a chunk, what it repeats included; at least 20. */
  readonly maxTokens: number;
  /** The most tokens that a chunk repeats of the one before, so that a thought on the border is whole in one of them. */
  readonly overlap: number;
}

/** What most models of embeddings take at once, with room, and what still says something by itself. */
export const CHUNK_SIZES: ChunkSizes = { maxTokens: 400, overlap: 50 };
