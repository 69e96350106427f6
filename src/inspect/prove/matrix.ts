import type { Cell } from "./attempts/attempt.ts";

/** What came of each attempt: target → attempt on whose row → caller → detail. */
export type Matrix = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;

/** A partition of a month stands for those of all months, which a database has depends on its age. */
const timeless = (name: string): string => name.replaceAll(/_\d{4}_\d{2}\b/g, "_<month>");

/** The cells of a proof in one stable order, to be committed and compared with later ones. */
export function matrixOf(cells: readonly Cell[]): Matrix {
  const matrix: Record<string, Record<string, Record<string, string>>> = {};
  for (const { target, attempt, whose, caller, detail } of cells) {
    const [table, line] = [timeless(target), timeless(`${attempt} | ${whose}`)];
    const row = { ...matrix[table]?.[line], [caller]: timeless(detail) };
    matrix[table] = { ...matrix[table], [line]: row };
  }
  return sorted(matrix, (table) => sorted(table, (line) => sorted(line, (detail) => detail)));
}

function sorted<T>(record: Readonly<Record<string, T>>, inner: (value: T) => T): Record<string, T> {
  return Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, inner(record[key]!)]),
  );
}

/** As JSON with a line for each attempt, so that a difference reads as one. */
export function printMatrix(matrix: Matrix): string {
  const tables = Object.entries(matrix).map(([target, table]) => {
    const lines = Object.entries(table).map(
      ([attempt, line]) => `    ${JSON.stringify(attempt)}: ${JSON.stringify(line)}`,
    );
    return `  ${JSON.stringify(target)}: {\n${lines.join(",\n")}\n  }`;
  });
  return `{\n${tables.join(",\n")}\n}`;
}

/** Every cell that is not what was expected, as a sentence. */
export function differences(expected: Matrix, found: Matrix): string[] {
  const said: string[] = [];
  for (const target of union(expected, found)) {
    for (const attempt of union(expected[target], found[target])) {
      const [was, is] = [expected[target]?.[attempt], found[target]?.[attempt]];
      for (const caller of union(was, is)) {
        if (was?.[caller] === is?.[caller]) continue;
        said.push(
          `${target} | ${attempt} | ${caller}: expected ${was?.[caller] ?? "nothing"}, found ${is?.[caller] ?? "nothing"}`,
        );
      }
    }
  }
  return said;
}

const union = (one: object = {}, other: object = {}): string[] => [
  ...new Set([...Object.keys(one), ...Object.keys(other)]),
];
