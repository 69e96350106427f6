import { randomBytes } from "node:crypto";
import fc from "fast-check";
import pg from "pg";
import { asDatabase } from "../../database/credentials.ts";
import { openInspect } from "../catalogue/install.ts";
import { readChecks } from "../lint/checks.ts";
import { lint } from "../lint/lint.ts";
import type { Cell } from "../prove/attempts/attempt.ts";
import { ProveError } from "../prove/config.ts";
import { type Fixture, type FixtureOptions, withFixture } from "../prove/fixture/fixture.ts";
import { attack, type OnProgress, type Scope } from "../prove/prove.ts";
import { listMutants, type Mutant } from "./mutants.ts";
import { explain } from "./survivors.ts";

/** What became of one mutant. */
export interface Trial {
  readonly mutant: Mutant;
  /** The attack crossed tenants: the first leak. */
  readonly leak: string | null;
  /** The matrix is not what it was: a cell that changed. */
  readonly matrix: string | null;
  /** Findings of lint that were not there before. */
  readonly lint: readonly string[];
  /** Why nobody noticed, for a survivor; null if nobody can say. */
  readonly explanation: string | null;
  readonly milliseconds: number;
}

export interface Score {
  readonly seed: number;
  readonly trials: readonly Trial[];
  /** Mutants that PostgreSQL refused to make. */
  readonly stillborn: readonly { readonly name: string; readonly reason: string }[];
  /** How many mutants there are in all; a sample is smaller. */
  readonly possible: number;
  /** Whether each mutant was let go as soon as somebody noticed it. */
  readonly untilNoticed: boolean;
  readonly milliseconds: number;
}

export interface MutateOptions extends FixtureOptions {
  /** How many mutants, chosen by the seed; default all. */
  readonly sample?: number | undefined;
  /** These too, beside the sample, which is drawn of the others. */
  readonly besides?: (mutant: Mutant) => boolean;
  /**
   * Whether it is enough that somebody notices: an attack ends at the first cell that is another, and lint is asked about what
   * the attack did not notice. The score is the same, and comes several times as fast.
   */
  readonly untilNoticed?: boolean;
  /** These are attacked to the end all the same, and lint is asked about them. */
  readonly wholly?: (mutant: Mutant) => boolean;
  readonly onProgress?: OnProgress;
  /** Told what became of each mutant: a run that is broken off has said something too. */
  readonly onTrial?: (trial: Trial) => void;
}

/** Whether anybody noticed. */
export const isCaught = ({ leak, matrix, lint: findings }: Trial): boolean =>
  leak !== null || matrix !== null || findings.length > 0;

/**
 * Breaks one thing at a time, in a clone of the database, and asks prove and lint.
 *
 * @throws {ProveError} if the database cannot be cloned
 */
export async function mutate(options: MutateOptions): Promise<Score> {
  const begun = performance.now();
  return withClone(options.url, (url) =>
    withFixture({ ...options, url }, async (fixture) => {
      const { onProgress = () => {} } = options;
      const { client, settings } = fixture;
      await openInspect(client, fixture.settings);
      const checks = readChecks();
      const found = async (): Promise<string[]> =>
        (await lint(client, checks)).map(({ check, object }) => `${check.number} ${check.name}: ${object}`);
      onProgress(0, 1, "the findings of the database as it is");
      const findings = new Set(await found());
      const before = rememberingMatrices(fixture);

      const all = await listMutants(client, fixture.targets, settings.apiRoles);
      const { sample, seed, besides = () => false, untilNoticed = false, wholly = () => false } = options;
      const others = all.filter((mutant) => !besides(mutant));
      const drawn = sample === undefined ? others : choose(others, sample, seed);
      const chosen = all.filter((mutant) => besides(mutant) || drawn.includes(mutant));
      const trials: Trial[] = [];
      const stillborn: { name: string; reason: string }[] = [];
      for (const [done, mutant] of chosen.entries()) {
        onProgress(done, chosen.length, mutant.name);
        const known = await before(mutant);
        const rows = [[...fixture.home.rows], [...fixture.abroad.rows]] as const;
        const start = performance.now();
        await client.query("savepoint mutant");
        try {
          const refusal = await client.query(mutant.sql).then(
            () => null,
            (error: unknown) => error,
          );
          if (refusal instanceof pg.DatabaseError) {
            stillborn.push({ name: mutant.name, reason: `${refusal.code}: ${refusal.message}` });
            continue;
          }
          if (refusal !== null) throw refusal;
          const ask = async () => (await found()).filter((finding) => !findings.has(finding));
          const trial = await tryOne(fixture, mutant, known, ask, untilNoticed && !wholly(mutant));
          const milliseconds = Math.round(performance.now() - start);
          const caught = isCaught({ ...trial, explanation: null, milliseconds });
          const judged = { ...trial, explanation: caught ? null : explain(mutant), milliseconds };
          trials.push(judged);
          options.onTrial?.(judged);
        } finally {
          await client.query("rollback to savepoint mutant; release savepoint mutant");
          [fixture.home.rows, fixture.abroad.rows] = [[...rows[0]], [...rows[1]]];
        }
      }
      onProgress(chosen.length, chosen.length, "done");
      const milliseconds = Math.round(performance.now() - begun);
      return { seed, trials, stillborn, possible: all.length, untilNoticed, milliseconds };
    }),
  );
}

/**
 * The matrix of the database as it is, as far as a mutant is attacked: made once for each part. The part is attacked twice,
 * which is the control: with nothing broken nothing may be noticed, or every mutant would be, for a wrong reason.
 */
function rememberingMatrices(fixture: Fixture) {
  const made = new Map<string, Known>();
  return async (mutant: Mutant): Promise<Known> => {
    const part = JSON.stringify(scopeOf(mutant));
    const known = made.get(part);
    if (known) return known;
    const said = new Set<string>();
    const stopAt = (cell: Cell): boolean => {
      said.add(saying(cell));
      return false;
    };
    const cells = await attack(fixture, { ...scopeOf(mutant), stopAt });
    const before = { matrix: new Map(cells.map((cell) => [place(cell), cell])), said };
    await requireRepeatable(fixture, mutant, before);
    made.set(part, before);
    return before;
  };
}

/** @throws {ProveError} naming the cell that differs, or the leak that is there without any mutant */
async function requireRepeatable(fixture: Fixture, mutant: Mutant, before: Known): Promise<void> {
  const { leak, matrix } = await fight(fixture, mutant, before);
  if (matrix !== null)
    throw new ProveError(`the matrix is not the same twice, so it cannot judge: ${matrix}`);
  if (leak !== null) throw new ProveError(`it leaks as it is; prove it first: ${leak}`);
}

/** Asks prove and lint; if one is enough, first whichever is sooner done with this mutant. */
async function tryOne(
  fixture: Fixture,
  mutant: Mutant,
  before: Known,
  lintFindings: () => Promise<string[]>,
  untilNoticed: boolean,
): Promise<Pick<Trial, "mutant" | "leak" | "matrix" | "lint">> {
  const lintsFirst = untilNoticed && mutant.elsewhere && !mutant.functions;
  const early = lintsFirst ? await lintFindings() : null;
  if (early !== null && early.length > 0) return { mutant, leak: null, matrix: null, lint: early };
  const fought = await fight(fixture, mutant, before, untilNoticed);
  const isEnough = untilNoticed && (fought.leak ?? fought.matrix) !== null;
  return { mutant, ...fought, lint: early ?? (isEnough ? [] : await lintFindings()) };
}

const scopeOf = ({ relations, elsewhere, functions }: Mutant): Scope => ({
  relations,
  elsewhere,
  ...(functions && { functions }),
});

/** The database as it is: its matrix, and all that was said of each place, of which the matrix keeps the worst. */
interface Known {
  readonly matrix: ReadonlyMap<string, Cell>;
  readonly said: ReadonlySet<string>;
}

const saying = (cell: Cell): string => `${place(cell)} | ${cell.status} | ${cell.detail}`;

const place = ({ caller, target, attempt, whose }: Cell): string =>
  [caller, target, attempt, whose].join(" | ");

/** The first leak, with which the attack ends, and the first cell that is another than before, with which it may end. */
async function fight(
  fixture: Fixture,
  mutant: Mutant,
  { matrix: before, said }: Known,
  untilNoticed = false,
) {
  const isAnother = (cell: Cell): boolean => {
    const was = before.get(place(cell));
    return was?.status !== cell.status || was.detail !== cell.detail;
  };
  let first: Cell | undefined;
  const stopAt = (cell: Cell): boolean => {
    // Of a place that is tried several times the matrix is not known before its last: what was never said there is enough.
    if (cell.status === "leak" || (untilNoticed && !said.has(saying(cell)))) first = cell;
    return first !== undefined;
  };
  const cells = await attack(fixture, { ...scopeOf(mutant), stopAt });
  const leak = first?.status === "leak" ? first : undefined;
  const changed =
    untilNoticed && first
      ? leak
        ? undefined
        : first
      : cells.find((cell) => cell !== leak && isAnother(cell));
  const was = changed && before.get(place(changed));
  return {
    leak: leak ? `${place(leak)}: ${leak.detail}` : null,
    matrix: changed
      ? `${place(changed)}: ${was ? `${was.detail} became ${changed.detail}` : "is new"}`
      : null,
  };
}

const choose = (mutants: readonly Mutant[], sample: number, seed: number): Mutant[] =>
  fc.sample(
    fc.shuffledSubarray([...mutants], { minLength: Math.min(sample, mutants.length), maxLength: sample }),
    {
      seed,
      numRuns: 1,
    },
  )[0]!;

async function withClone<T>(url: string, work: (url: string) => Promise<T>): Promise<T> {
  const source = decodeURIComponent(new URL(url).pathname.slice(1));
  const name = `prove_${randomBytes(5).toString("hex")}`;
  const server = new pg.Client({
    connectionString: asDatabase(url, source === "postgres" ? "template1" : "postgres"),
  });
  await server.connect();
  try {
    try {
      await server.query(
        `create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(source)}`,
      );
    } catch (cause) {
      const { code, message } = cause as pg.DatabaseError;
      const hint = code === "55006" ? "; end the other connections, or give a restored copy" : "";
      throw new ProveError(`${source} cannot be cloned: ${message}${hint}`, { cause });
    }
    try {
      return await work(asDatabase(url, name));
    } finally {
      await server.query(`drop database ${pg.escapeIdentifier(name)} with (force)`);
    }
  } finally {
    await server.end();
  }
}
