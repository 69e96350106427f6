import { loadEnvironmentFile, readConfig } from "../../config.ts";
import { moveVersions } from "../../documents/storage/move_versions.ts";
import { openStorage } from "../../documents/storage/open_storage.ts";
import { asWorker } from "../as_worker.ts";
import { CommandError, UsageError } from "../failures.ts";
import { oneOf, parseArguments } from "../inspected.ts";
import { progressLine } from "../progress_line.ts";

/**
 * `rowhouse documents move --to s3|postgres`: takes the bytes of every version there, one after the other, while everything is in use.
 * It can be broken off and run again, and goes on with what is left. Status 1 where some could not be moved.
 */
export async function moveDocuments(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { to: { type: "string" } });
  const to = oneOf("to", ["s3", "postgres"] as const, values.to);
  if (to === undefined || positionals.length > 0)
    throw new UsageError('"documents move" wants --to s3 or --to postgres');
  loadEnvironmentFile();
  const { objects } = openStorage(readConfig());
  if (objects === null) {
    throw new CommandError("there is no object storage: S3_ENDPOINT, S3_BUCKET and its keys are not set");
  }
  return asWorker(async (client) => {
    const progress = progressLine();
    const { moved, left } = await moveVersions(client, objects, to, {
      onProgress: (done, total) => progress(done, total, "versions moved"),
      onFailure: (version, why) => console.error(`rowhouse: version ${version} stays where it is: ${why}`),
    });
    console.log(left === 0 ? `${moved} versions moved` : `${moved} versions moved, ${left} not`);
    return left === 0 ? 0 : 1;
  });
}
