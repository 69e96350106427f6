import { noStorage, type ObjectStorage, StorageUnavailable } from "../documents/storage/object_storage.ts";
import { callFunction, type Job, type JobContext } from "./job.ts";

/** Objects that one step takes, and how many of them are asked for at a time. */
const BATCH = 100;
const AT_ONCE = 8;
/** Milliseconds for which a run takes further ones: then another job may have its turn. */
const MOST = 30_000;

/**
 * Deletes from the object storage what no version names: uploads that came to nothing, and what was of versions that are gone. What
 * cannot be deleted is tried again, later each time (jobs.settle_objects); after the first such batch a run ends, and the operator hears of it.
 */
export const deleteObjects: Job = async (context) => {
  const done = { deleted: 0 };
  const until = performance.now() + MOST;
  while (performance.now() < until) {
    const keys = await claimed(context);
    if (keys.length === 0) return done;
    const failure = await removeAll(context, keys, (gone) => {
      done.deleted += gone;
    });
    if (failure !== null) throw failure;
  }
  return done;
};

async function claimed({ database }: JobContext): Promise<string[]> {
  const { rows } = await database.query<{ key: string }>("select jobs.claim_objects($1) as key", [BATCH]);
  return rows.map(({ key }) => key);
}

/** @returns why some could not be deleted; null where all were */
async function removeAll(
  context: JobContext,
  keys: readonly string[],
  onGone: (many: number) => void,
): Promise<StorageUnavailable | null> {
  const { objects } = context;
  let failure: StorageUnavailable | null = null;
  const left: string[] = [];
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const some = keys.slice(at, at + AT_ONCE);
    if (failure !== null) {
      left.push(...some);
      continue;
    }
    const gone: string[] = [];
    await Promise.all(
      some.map(async (key) => {
        const why = await removed(objects, key);
        if (why === null) gone.push(key);
        else {
          failure = why;
          left.push(key);
        }
      }),
    );
    onGone(await callFunction<number>(context, "select jobs.settle_objects($1)", [gone]));
  }
  if (left.length > 0) {
    await callFunction(context, "select jobs.settle_objects($1, $2)", [left, "storage_unavailable"]);
  }
  return failure;
}

async function removed(objects: ObjectStorage | null, key: string): Promise<StorageUnavailable | null> {
  if (objects === null) return noStorage();
  try {
    await objects.remove(key);
    return null;
  } catch (error) {
    if (error instanceof StorageUnavailable) return error;
    throw error;
  }
}
