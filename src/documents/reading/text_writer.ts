import type { Heading } from "../extracted.ts";
import { FileRefused } from "../file_refused.ts";
import { readable } from "./readable.ts";

/** Puts a text together from pieces, spaces and line breaks as a reader sees them, and knows where headings and pages begin. */
export class TextWriter {
  readonly headings: Heading[] = [];
  readonly pages: number[] = [];
  readonly #most: number;
  readonly #pieces: string[] = [];
  #length = 0;
  #breaks = 0;
  #space = false;
  /** Put before the first piece of the next line. */
  #prefix = "";
  #atCell = false;
  #isRowEmpty = false;
  #heading: { level: number; start: number | null } | null = null;

  constructor(most: number) {
    this.#most = most;
  }

  get text(): string {
    return this.#pieces.join("").toWellFormed();
  }

  /** Running text: white space of any kind and length is one space, and none at either end of a line. */
  write(text: string): void {
    const words = readable(text).replaceAll(/\s+/g, " ");
    if (words.startsWith(" ")) this.#space = true;
    const trimmed = words.trim();
    if (trimmed !== "") {
      this.#add(trimmed);
      this.#space = words.endsWith(" ");
    }
  }

  /** Text whose lines and spaces mean something. */
  writeAsIs(text: string): void {
    const lines = readable(text).split("\n");
    for (const [place, line] of lines.entries()) {
      if (place > 0) this.#breaks = this.#length === 0 ? 0 : Math.min(this.#breaks + 1, 3);
      if (line.trim() !== "") this.#add(line.trimEnd());
    }
  }

  /** @param prefix put before the next piece, in place of one that waits there; by default that one stays */
  line(prefix?: string): void {
    this.#break(1, prefix);
  }

  paragraph(): void {
    this.#break(2);
  }

  /** Cells of a row stand on one line, with bars between them; a cell's first block does not begin a new one. */
  beginCell(isFirst: boolean): void {
    if (isFirst) this.#isRowEmpty = true;
    else {
      if (!this.#isRowEmpty) this.#breaks = 0;
      this.#prefix += " | ";
    }
    this.#space = false;
    this.#atCell = true;
  }

  endCell(): void {
    this.#atCell = false;
  }

  page(): void {
    this.paragraph();
    this.pages.push(this.#length === 0 ? 0 : this.#length + this.#breaks);
  }

  beginHeading(level: number): void {
    this.#atCell = false;
    this.paragraph();
    this.#heading = { level, start: null };
  }

  endHeading(): void {
    if (this.#heading?.start != null) {
      this.headings.push({ level: this.#heading.level, start: this.#heading.start, end: this.#length });
    }
    this.#heading = null;
    this.paragraph();
  }

  #break(breaks: number, prefix = this.#prefix): void {
    if (this.#atCell) return;
    this.#breaks = this.#length === 0 ? 0 : Math.max(this.#breaks, breaks);
    this.#space = false;
    this.#prefix = prefix;
  }

  #add(text: string): void {
    const between = this.#breaks > 0 ? "\n".repeat(this.#breaks) : this.#space && this.#length > 0 ? " " : "";
    const start = this.#length + between.length + this.#prefix.length;
    const piece = between + this.#prefix + text;
    this.#length += piece.length;
    if (this.#length > this.#most) {
      throw new FileRefused("file_too_long", `The text of the file is longer than ${this.#most} characters.`);
    }
    this.#pieces.push(piece);
    if (this.#heading) this.#heading.start ??= start;
    this.#breaks = 0;
    this.#space = false;
    this.#prefix = "";
    this.#atCell = false;
    this.#isRowEmpty = false;
  }
}
