/** What a claim is known by. */
export interface ClaimedBy {
  readonly tenant: string;
  readonly document: string;
  readonly attempt: number;
}

/** A passage of a text. Offsets are UTF-16 code units. */
export interface Passage {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The headings that it stands under, the outermost first. */
  readonly headings: readonly string[];
}
