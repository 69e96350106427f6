import type { Judged } from "./baseline.ts";
import type { Check } from "./checks.ts";
import { type Level, levels } from "./checks.ts";
import type { Finding } from "./lint.ts";

/** What a format is given. `checks` are all that ran. */
export interface Outcome extends Judged {
  readonly checks: readonly Check[];
}

/** How an outcome is written: each to one text without a newline at its end. */
export const formats: Readonly<Record<"table" | "json" | "sarif" | "github", (outcome: Outcome) => string>> =
  {
    table,
    json,
    sarif,
    github,
  };
export type Format = keyof typeof formats;

const WIDTH = 100;

/** For people: grouped by check, worst first, with the SQL that mends; fits 100 columns but for the SQL's own length. */
function table({ checks, open, accepted }: Outcome): string {
  const groups = Map.groupBy(open, ({ check }) => check.number);
  const sorted = [...groups.values()].sort(
    ([a], [b]) =>
      levels.indexOf(a!.level) - levels.indexOf(b!.level) || (a!.check.number < b!.check.number ? -1 : 1),
  );
  const paragraphs = sorted.map((findings) => {
    const { check, level } = findings[0]!;
    const rows = findings.flatMap(({ object, detail, mend }) => [
      ...wrapped(object, "  "),
      ...wrapped(detail, "      "),
      ...wrapped(mend, "      → ", "        "),
    ]);
    return [...wrapped(check.title, `${level.padEnd(7)}  ${check.number}  `, " ".repeat(15)), ...rows].join(
      "\n",
    );
  });
  const counts = levels
    .map((level) => [open.filter((finding) => finding.level === level).length, level] as const)
    .filter(([count]) => count > 0)
    .map(([count, level]) => `${count} ${level}${count > 1 && level !== "info" ? "s" : ""}`);
  const verdict = counts.length > 0 ? `${counts.join(", ")}; docs/lints.md explains them` : "healthy";
  return [...paragraphs, `${checks.length} checks: ${verdict} (${accepted.length} accepted).`].join("\n\n");
}

/** Breaks a text at spaces, so that no line is longer than the table is wide if words permit. */
function wrapped(text: string, first: string, next = first): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/)) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = next;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

/** For programs: what was found, what was accepted and why. */
function json({ checks, open, accepted }: Outcome): string {
  const plain = ({ check, level, object, detail, mend }: Finding) => ({
    check: check.number,
    name: check.name,
    title: check.title,
    level,
    object,
    detail,
    mend,
  });
  return JSON.stringify(
    {
      checks: checks.length,
      findings: open.map(plain),
      accepted: accepted.map(({ finding, by }) => ({
        ...plain(finding),
        reason: by.reason,
        expires: by.expires,
      })),
    },
    null,
    2,
  );
}

const SARIF_LEVEL: Readonly<Record<Level, string>> = { error: "error", warning: "warning", info: "note" };

/** SARIF 2.1.0 (OASIS): every check is a rule with its help, every finding a result at a logical location. */
function sarif({ checks, open, accepted }: Outcome): string {
  const fromBaseline = open.map(({ check, level }) => ({ ...check, level }));
  const rules = [...new Map([...checks, ...fromBaseline].map((check) => [check.number, check])).values()];
  const result = ({ check, level, object, detail, mend }: Finding) => ({
    ruleId: check.number,
    ruleIndex: rules.findIndex(({ number }) => number === check.number),
    level: SARIF_LEVEL[level],
    message: { text: `${object} ${detail}. Mend: ${mend}` },
    locations: [{ logicalLocations: [{ fullyQualifiedName: object, kind: "resource" }] }],
    partialFingerprints: { "rowhouse/v1": `${check.number}:${object}` },
  });
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "rowhouse lint",
            rules: rules.map(({ number, name, title, level, rationale, mend }) => ({
              id: number,
              name: name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
              shortDescription: { text: title },
              fullDescription: { text: rationale },
              help: {
                text: `${rationale}\n\nHow to mend: ${mend}`,
                markdown: `${rationale}\n\n**How to mend:** ${mend}`,
              },
              defaultConfiguration: { level: SARIF_LEVEL[level] },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: [
          ...open.map(result),
          ...accepted.map(({ finding, by }) => ({
            ...result(finding),
            suppressions: [{ kind: "external", status: "accepted", justification: by.reason }],
          })),
        ],
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}

const GITHUB_COMMAND: Readonly<Record<Level, string>> = {
  error: "error",
  warning: "warning",
  info: "notice",
};

/** Workflow commands of GitHub Actions, which show findings on the run's page. */
function github({ checks, open, accepted }: Outcome): string {
  const data = (text: string): string =>
    text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return [
    ...open.map(
      ({ check, level, object, detail, mend }) =>
        `::${GITHUB_COMMAND[level]} title=${property(`${check.number} ${check.title}`)}::` +
        data(`${object} ${detail}\n${mend}`),
    ),
    `${checks.length} checks, ${open.length} findings, ${accepted.length} accepted`,
  ].join("\n");
}
