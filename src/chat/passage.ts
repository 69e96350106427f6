/** A piece of a document that was found for a question, as the person who asks may read it. */
export interface Passage {
  readonly id: string;
  readonly documentId: string;
  readonly title: string;
  readonly content: string;
  /** How well it fits; more is better. */
  readonly score: number;
}
