let last: Promise<unknown> = Promise.resolve();

/** Begins the work when all that was given before has ended, however it ended. */
export function oneAtATime<Done>(work: () => Promise<Done>): Promise<Done> {
  const mine = last.then(work);
  last = mine.catch(() => undefined);
  return mine;
}
