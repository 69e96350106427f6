/** Tells how far it is, on stderr. */
export function tell(progress: string): void {
  console.error(`${new Date().toTimeString().slice(0, 8)} ${progress}`);
}
