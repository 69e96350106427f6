import { isClean, leaksOf } from "../prove/report.ts";
import type { AccessLine, ReportData } from "./report_data.ts";

/** The commands of rows, as the matrix orders them. */
export const COMMANDS = ["select", "insert", "update", "delete"] as const;

/** What a role can do with rows of a table; what reaches nothing is left out. */
export function opened(data: ReportData, table: string, role: string): AccessLine[] {
  return data.access
    .filter(
      (line) =>
        line.table === table &&
        line.role === role &&
        line.reach !== "none" &&
        (COMMANDS as readonly string[]).includes(line.command),
    )
    .sort((one, other) => place(one) - place(other));
}

const place = ({ command }: AccessLine): number => (COMMANDS as readonly string[]).indexOf(command);

/** Every role with a grant: those of callers first. */
export function callersOf(data: ReportData): string[] {
  const roles = [...new Set(data.access.map(({ role }) => role))].sort();
  const callers = roles.filter((role) => data.settings.apiRoles.includes(role));
  return [...callers, ...roles.filter((role) => !callers.includes(role))];
}

/** Those of them that reach a row of any table. */
export const rolesReaching = (data: ReportData): string[] =>
  callersOf(data).filter((role) => data.tables.some(({ name }) => opened(data, name, role).length > 0));

/** One of the figures at the top. */
export interface Standing {
  readonly what: string;
  readonly says: string;
  readonly mood: "good" | "warn" | "bad" | "plain";
}

/** The state of things in six figures. */
export function standing(data: ReportData): Standing[] {
  const tables = data.tables.filter(({ kind }) => kind === "table" || kind === "partitioned table");
  const held = tables.filter(({ rowSecurity, forced }) => rowSecurity && forced).length;
  const open = data.bypasses.filter(({ accepted }) => !accepted).length;
  const { open: findings } = data.lints;
  const errors = findings.some(({ level }) => level === "error");
  const proof = proofSummary(data);
  return [
    {
      what: "tables with row security forced",
      says: `${held} of ${tables.length}`,
      mood: held === tables.length ? "good" : "bad",
    },
    { what: "policies on them", says: String(data.policies.length), mood: "plain" },
    {
      what: "ways around, open",
      says: `${open} of ${data.bypasses.length}`,
      mood: open === 0 ? "good" : "bad",
    },
    {
      what: "lints",
      says: findings.length === 0 ? "clean" : `${findings.length} findings`,
      mood: findings.length === 0 ? "good" : errors ? "bad" : "warn",
    },
    {
      what: "tables with changes that leave no trace",
      says: String(data.gaps.filter(({ what }) => what === "audit").length),
      mood: "plain",
    },
    proof === null
      ? { what: "proof by attack", says: "not run", mood: "warn" }
      : {
          what: "proof by attack",
          says: proof.clean ? "holds" : "LEAKS",
          mood: proof.clean ? "good" : "bad",
        },
  ];
}

/** A line a target: how its attempts ended; null without a proof. */
export function proofSummary({ proof }: ReportData) {
  if (proof === null) return null;
  const statuses = ["allowed", "denied", "expected", "unproven", "leak"] as const;
  const targets = [...new Set(proof.cells.map(({ target }) => target))].sort();
  return {
    clean: isClean(proof),
    statuses,
    sentence: `${proof.cells.length} attempts and ${proof.random.runs} random sequences of statements on ${proof.database}, seed ${proof.seed}: ${leaksOf(proof).length} leaks.`,
    rows: targets.map((target) => [
      target,
      ...statuses.map((status) =>
        String(proof.cells.filter((cell) => cell.target === target && cell.status === status).length || "·"),
      ),
    ]),
  };
}
