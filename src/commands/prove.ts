import { randomInt } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { type ProveConfig, readProveConfig } from "../inspect/prove/config.ts";
import { differences, type Matrix, matrixOf } from "../inspect/prove/matrix.ts";
import { formats, isClean } from "../inspect/prove/report.ts";
import { prove } from "../inspect/prove/run.ts";
import { UsageError } from "./failures.ts";
import { inspectOptions, inspectSettings, oneOf, parseArguments, withDatabaseUrl } from "./inspected.ts";
import { progressLine } from "./progress_line.ts";

/** `rowhouse prove`: attacks a database in transactions that are rolled back; status 1 on any leak. */
export async function proveDatabase(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    ...inspectOptions,
    format: { type: "string" },
    seed: { type: "string" },
    runs: { type: "string" },
    config: { type: "string" },
    mutate: { type: "boolean" },
    sample: { type: "string" },
    "until-noticed": { type: "boolean" },
    output: { type: "string" },
    expect: { type: "string" },
  });
  if (positionals.length > 0) throw new UsageError(`"prove" takes no argument "${positionals[0]}"`);
  const format = oneOf("format", Object.keys(formats) as (keyof typeof formats)[], values.format) ?? "table";
  const seed = wholeNumber("seed", values.seed) ?? randomInt(2 ** 31);
  const runs = wholeNumber("runs", values.runs) ?? 200;
  const sample = wholeNumber("sample", values.sample);
  const config: ProveConfig = {
    ...(values.config === undefined ? {} : readProveConfig(values.config)),
    ...inspectSettings(values),
  };
  const expected = values.expect === undefined ? null : readMatrix(values.expect);
  const show = progressLine();
  const print = (text: string): void => {
    if (values.output === undefined) process.stdout.write(`${text}\n`);
    else writeFileSync(values.output, `${text}\n`);
  };
  return withDatabaseUrl(values.database, async (url) => {
    console.error(`seed ${seed}`);
    if (values.mutate) {
      const { mutate } = await import("../inspect/mutate/mutate.ts");
      const { isHeld, mutationFormats } = await import("../inspect/mutate/report.ts");
      if (format === "matrix") throw new UsageError("--format matrix is not for --mutate");
      const untilNoticed = values["until-noticed"] ?? false;
      const score = await mutate({ url, config, seed, sample, untilNoticed, onProgress: show });
      print(mutationFormats[format](score));
      return isHeld(score) ? 0 : 1;
    }
    const proof = await prove({ url, config, seed, runs, onProgress: show });
    print(formats[format](proof));
    const surprises = expected ? differences(expected, matrixOf(proof.cells)) : [];
    for (const surprise of surprises) console.error(surprise);
    return isClean(proof) && surprises.length === 0 ? 0 : 1;
  });
}

function readMatrix(file: string): Matrix {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Matrix;
  } catch (cause) {
    throw new UsageError(`--expect cannot read ${file}: ${(cause as Error).message}`);
  }
}

function wholeNumber(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (!/^\d{1,10}$/.test(given) || Number(given) >= 2 ** 31) {
    throw new UsageError(`--${option} is a whole number below ${2 ** 31}, not "${given}"`);
  }
  return Number(given);
}
