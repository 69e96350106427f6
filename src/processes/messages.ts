import type { Figures } from "./figures.ts";

/** What a web process tells the primary. */
export type FromWeb =
  /** It listens, at this origin. */
  | { readonly say: "ready"; readonly url: string }
  /** It cannot start: a sentence for whoever reads the log, or a stack. */
  | { readonly say: "failed"; readonly reason: string }
  /** It got a SIGTERM of its own: somebody wants another in its place. */
  | { readonly say: "replace" }
  /** Somebody asked it for /metrics. */
  | { readonly say: "scrape"; readonly question: number }
  /** What it measured. */
  | { readonly say: "figures"; readonly figures: Figures }
  /** It has finished, and this is all it measured. It waits for the word to go. */
  | { readonly say: "finished"; readonly figures: Figures };

/** What the primary tells a web process. */
export type ToWeb =
  /** The service ends: finish, as a single process does. */
  | { readonly say: "close" }
  /** Another listens in its place: finish what it has. */
  | { readonly say: "hand over" }
  /**
   * It may end. What was said before is heard before, so that no connection is on its way to it any more: whatever it did
   * not take went back to the primary, for another.
   */
  | { readonly say: "go" }
  /** Tell what it measured. */
  | { readonly say: "measure" }
  /** The answer to its question: what all of them measured. */
  | { readonly say: "page"; readonly question: number; readonly page: string };
