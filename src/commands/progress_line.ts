/**
 * Says on stderr how far a long command is: a line that rewrites itself on a terminal, else a plain line
 * every few seconds.
 */
export function progressLine(): (done: number, total: number, what: string) => void {
  let last = 0;
  return (done, total, what) => {
    const now = Date.now();
    if (process.stderr.isTTY) {
      if (done < total && now - last < 80) return;
      process.stderr.write(done >= total ? "\r\u001b[K" : `\r\u001b[K${done}/${total} ${what}`);
    } else {
      if (now - last < 3_000) return;
      process.stderr.write(`${done}/${total} ${what}\n`);
    }
    last = now;
  };
}
