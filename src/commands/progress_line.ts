/**
 * Says on stderr how far a long command is: a line that rewrites itself on a terminal, else a plain line
 * every few seconds. Where nobody knows the whole, `total` is null; whoever is done says `done` of `done`.
 */
export function progressLine(): (done: number, total: number | null, what: string) => void {
  let last = 0;
  return (done, total, what) => {
    const now = Date.now();
    const far = total === null ? String(done) : `${done}/${total}`;
    const over = total !== null && done >= total;
    if (process.stderr.isTTY) {
      if (!over && now - last < 80) return;
      process.stderr.write(over ? "\r\u001b[K" : `\r\u001b[K${far} ${what}`);
    } else {
      if (now - last < 3_000) return;
      process.stderr.write(`${far} ${what}\n`);
    }
    last = now;
  };
}
