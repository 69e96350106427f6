/** What is wrong with migrations of the application's that changed, and what to do, as a sentence without a full stop. */
export function describeRebuilt(files: readonly string[]): string {
  return (
    `${files.join(", ")} changed after this database had it: bring back its text and write another migration ("rowhouse ` +
    'new migration"), or build a new database (the embedded one: stop Rowhouse and remove .rowhouse/postgres, whose data ' +
    "is then gone)"
  );
}
