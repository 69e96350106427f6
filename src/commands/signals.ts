/**
 * Resolves with the first SIGINT or SIGTERM. A second one exits at once, with the status that shells
 * give to a process ended by that signal.
 */
export function stopRequested(): Promise<NodeJS.Signals> {
  return new Promise((done) => {
    let first: number | null = null;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (first === null) {
        first = Date.now();
        done(signal);
        // Ctrl-C under npm arrives twice: from the terminal and from npm.
      } else if (Date.now() - first > 500) {
        process.exit(signal === "SIGINT" ? 130 : 143);
      }
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}
