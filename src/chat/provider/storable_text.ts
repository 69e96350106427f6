/**
 * Makes a text that comes in pieces one that PostgreSQL takes: without NUL, and without halves of a surrogate pair, which JSON can
 * carry. A pair that was cut between two pieces is put together again.
 */
export function storableText(): { add(piece: string): string; end(): string } {
  let half = "";
  return {
    add(piece) {
      const text = half + piece;
      half = /[\ud800-\udbff]$/.test(text) ? text.slice(-1) : "";
      return clean(text.slice(0, text.length - half.length));
    },
    end: () => clean(half),
  };
}

const clean = (text: string): string => text.toWellFormed().replaceAll("\0", "\ufffd");
