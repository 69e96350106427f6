import { isCaught, type Score, type Trial } from "./mutate.ts";

/** The part of the mutants that somebody has to notice. */
export const TARGET = 0.95;

export const scoreOf = ({ trials }: Score): number =>
  trials.length === 0 ? 1 : trials.filter(isCaught).length / trials.length;

/** Whether enough is noticed and every survivor is explained. */
export const isHeld = (score: Score): boolean =>
  scoreOf(score) >= TARGET && survivors(score).every(({ explanation }) => explanation !== null);

const survivors = ({ trials }: Score): Trial[] => trials.filter((trial) => !isCaught(trial));

export const mutationFormats = { table, json, markdown } as const;

function json(score: Score): string {
  return JSON.stringify({ ...score, score: scoreOf(score) }, null, 2);
}

function summary(score: Score): string {
  const { trials } = score;
  const count = (by: (trial: Trial) => boolean): number => trials.filter(by).length;
  const caught = count(isCaught);
  const seconds = (score.milliseconds / 1000).toFixed(0);
  return [
    `${caught} of ${trials.length} mutants noticed: ${(scoreOf(score) * 100).toFixed(1)}%`,
    `${count(({ leak }) => leak !== null)} by a leak, ${count(({ matrix }) => matrix !== null)} by a changed matrix, ${count((trial) => trial.lint.length > 0)} by lint (several may notice one)`,
    `${count((trial) => trial.lint.length === 0 && isCaught(trial))} by prove alone, ${count((trial) => trial.leak === null && trial.matrix === null && trial.lint.length > 0)} by lint alone`,
    ...(score.possible > trials.length + score.stillborn.length ? [`a sample of ${score.possible}`] : []),
    `${seconds} s; seed ${score.seed}`,
  ].join("; ");
}

function kinds(score: Score): { kind: string; all: Trial[] }[] {
  const names = [...new Set(score.trials.map(({ mutant }) => mutant.kind))];
  return names.map((kind) => ({ kind, all: score.trials.filter(({ mutant }) => mutant.kind === kind) }));
}

function table(score: Score): string {
  const lines = kinds(score).map(
    ({ kind, all }) => `${kind.padEnd(38)}${all.filter(isCaught).length}/${all.length}`,
  );
  const left = survivors(score).map(
    ({ mutant, explanation }) => `survived: ${mutant.name}\n          ${explanation ?? "NOT EXPLAINED"}`,
  );
  const dead = score.stillborn.map(({ name, reason }) => `could not be made: ${name}: ${reason}`);
  return [...lines, "", ...left, ...dead, "", summary(score)].join("\n");
}

function markdown(score: Score): string {
  const page = ["# Mutants", "", summary(score), ""];
  const left = survivors(score);
  if (left.length > 0) {
    page.push("## Survivors", "", "| mutant | why nothing crosses |", "|---|---|");
    for (const { mutant, explanation } of left)
      page.push(`| ${cell(mutant.name)} | ${cell(explanation ?? "**not explained**")} |`);
    page.push("");
  }
  for (const { kind, all } of kinds(score)) {
    page.push(`## ${kind}`, "", "| mutant | leak | matrix | lint |", "|---|---|---|---|");
    for (const { mutant, leak, matrix, lint } of all) {
      const checks = [...new Set(lint.map((finding) => finding.slice(0, 4)))].join(", ");
      page.push(`| ${cell(mutant.name)} | ${cell(leak ?? "")} | ${cell(matrix ?? "")} | ${checks} |`);
    }
    page.push("");
  }
  if (score.stillborn.length > 0) {
    page.push(
      "## Could not be made",
      "",
      ...score.stillborn.map(({ name, reason }) => `- ${name}: ${reason}`),
      "",
    );
  }
  return page.join("\n");
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
