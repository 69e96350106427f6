import type { Code } from "../http/codes.ts";

/**
 * A turn that had to end before its answer was whole: `stopped` by whoever asked; `leaving`, because this process does; else a reason
 * of auth.watch_turns(), with the code and the sentence that the caller is told of it.
 */
export class TurnEnded extends Error {
  override readonly name = "TurnEnded";
  readonly reason: string;
  readonly code: Code | "answer_stopped";
  /** @param message for whoever reads the stream */
  constructor(reason: string, code: Code | "answer_stopped", message: string) {
    super(message);
    this.reason = reason;
    this.code = code;
  }
}

/** Whoever asked has heard enough, or this process closes: what was said until then is the answer. */
export const stopped = (reason: "stopped" | "leaving"): TurnEnded =>
  new TurnEnded(reason, "answer_stopped", "The answer was stopped.");
