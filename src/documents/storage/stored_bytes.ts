import { noStorage, type ObjectStorage } from "./object_storage.ts";
import { type Expected, verified } from "./verified.ts";

/**
 * The bytes of an object, as they were brought.
 *
 * @throws {StorageUnavailable} also where there is no storage
 * @throws {ContentCorrupt}
 */
export async function* storedBytes(
  objects: ObjectStorage | null,
  key: string,
  expected: Expected,
): AsyncGenerator<Buffer, void> {
  if (objects === null) throw noStorage();
  yield* verified(objects.read(key), expected);
}
