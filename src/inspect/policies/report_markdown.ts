import type { AccessLine, ReportData } from "./report_data.ts";
import { COMMANDS, callersOf, opened, proofSummary, rolesReaching, standing } from "./report_summary.ts";

/** The access review as Markdown: what the HTML page says, for a repository or a ticket. */
export function printMarkdown(data: ReportData, title = `Access review: ${data.database}`): string {
  return `${[
    `# ${title}`,
    "",
    `${data.server} · ${data.at} · read as ${data.by} · schemas ${data.settings.schemas.join(", ")}`,
    "",
    ...standing(data).map(({ what, says, mood }) => `- ${what}: **${says}**${mood === "bad" ? " (!)" : ""}`),
    ...section("Matrix", matrix(data)),
    ...section("Tables", tables(data)),
    ...section("Roles", [
      ...table(
        ["role", "is", "member of", "members", "for"],
        data.roles.map((role) => [
          role.name,
          role.attributes.join(", "),
          role.memberOf.join(", "),
          role.members.join(", "),
          role.comment ?? "",
        ]),
      ),
    ]),
    ...section("Ways around", [
      ...table(
        ["", "kind", "what", "who", "why"],
        data.bypasses.map((way) => [
          way.accepted ? "closed" : "**open**",
          way.kind,
          way.object,
          way.who,
          [way.why, way.because].filter((text) => text !== null).join("; "),
        ]),
      ),
    ]),
    ...section("Lints", [
      `${data.lints.checks} checks; ${data.lints.open.length} findings, ${data.lints.accepted.length} accepted with a reason.`,
      "",
      ...table(
        ["", "check", "where", "what"],
        [
          ...data.lints.open.map((finding) => [
            finding.level,
            `${finding.check.number} ${finding.check.title}`,
            finding.object,
            finding.detail,
          ]),
          ...data.lints.accepted.map(({ finding, by }) => [
            `accepted until ${by.expires}`,
            `${finding.check.number} ${finding.check.title}`,
            finding.object,
            by.reason,
          ]),
        ],
      ),
    ]),
    ...section(
      "Gaps",
      table(
        ["kind", "where", "what"],
        data.gaps.map(({ what, object, gap }) => [what, object, gap]),
      ),
    ),
    ...section("Proof", proof(data)),
  ].join("\n")}\n`;
}

const section = (name: string, lines: readonly string[]): string[] => ["", `## ${name}`, "", ...lines];

const cell = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("\n", " ");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ["None."];
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)];
}

function matrix(data: ReportData): string[] {
  const callers = rolesReaching(data);
  const letters = (lines: readonly AccessLine[]): string =>
    COMMANDS.map((command) => {
      const line = lines.find((one) => one.command === command);
      const letter = command[0]!.toUpperCase();
      return !line ? "·" : line.reach === "every row" ? `**${letter}**` : letter;
    }).join(" ");
  return [
    "S select, I insert, U update, D delete: rows that satisfy the policies; **bold**: every row.",
    "",
    ...table(
      ["table", ...callers],
      data.tables
        .filter(({ name }) => callers.some((role) => opened(data, name, role).length > 0))
        .map(({ name }) => [name, ...callers.map((role) => letters(opened(data, name, role)))]),
    ),
  ];
}

function tables(data: ReportData): string[] {
  return data.tables
    .filter(({ childOf }) => childOf === null)
    .flatMap((one) => {
      const lines = callersOf(data).flatMap((role) => opened(data, one.name, role));
      return [
        `### ${one.name}`,
        "",
        ...(one.comment === null ? [] : [one.comment, ""]),
        ...(lines.length === 0
          ? ["No role reaches a row of it."]
          : table(
              ["who", "may", "on which condition", "SQL"],
              lines.map((line) => [
                line.role,
                line.columns === null ? line.command : `${line.command} (${line.columns.join(", ")})`,
                words(line),
                sql(line),
              ]),
            )),
        "",
      ];
    });
}

function words(line: AccessLine): string {
  if (line.reach !== "rows that satisfy the policies") return line.reach;
  if (line.check === null || line.check === line.using) return line.usingWords ?? "";
  return line.using === null
    ? `new rows: ${line.checkWords}`
    : `rows that are there: ${line.usingWords}; new rows: ${line.checkWords}`;
}

function sql(line: AccessLine): string {
  if (line.reach !== "rows that satisfy the policies") return "";
  const parts = line.using === line.check ? [line.using] : [line.using, line.check];
  return parts
    .filter((part) => part !== null)
    .map((part) => `\`${part}\``)
    .join("; ");
}

function proof(data: ReportData): string[] {
  const summary = proofSummary(data);
  if (summary === null) return ["Not part of this report: nobody attacked the database for it."];
  return [
    `**${summary.clean ? "Nothing crosses tenants." : "Something crosses tenants."}** ${summary.sentence}`,
    "",
    ...table(["target", ...summary.statuses], summary.rows),
  ];
}
