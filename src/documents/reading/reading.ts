import type { Heading } from "../extracted.ts";

/** What the reader of one type of file finds in it. */
export interface Reading {
  readonly text: string;
  readonly headings: readonly Heading[];
  readonly pages: readonly number[];
  readonly title?: string | null;
  readonly language?: string | null;
}
