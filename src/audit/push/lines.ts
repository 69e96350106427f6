import { eventLine } from "../export_format.ts";
import { ocsfLine } from "../ocsf/line.ts";
import type { PushedLeaf, Stream } from "./streams.ts";

/** A leaf as it is sent, JSON on one line. */
export interface PushedLine {
  readonly index: number;
  readonly text: string;
  /** For syslog: what it is, and how severe. */
  readonly action: string;
  readonly severity: string | null;
}

/** Leaves as a stream tells them. One whose event somebody deleted is told as missing; what is over has no leaf any more, and is left out. */
export function pushedLines(leaves: readonly PushedLeaf[], format: Stream["format"]): PushedLine[] {
  return leaves.map(({ index, eventId, event }) => {
    if (event === null) {
      const text = JSON.stringify({ index, id: eventId, missing: true });
      return { index, text, action: "missing", severity: null };
    }
    const leaf = eventLine(index, event).trimEnd();
    const text = format === "ocsf" ? ocsfLine(index, event, leaf).trimEnd() : leaf;
    const { action, severity } = event.fields;
    return {
      index,
      text,
      action: String(JSON.parse(action ?? '"-"')),
      severity: severity === undefined ? null : String(JSON.parse(severity)),
    };
  });
}
