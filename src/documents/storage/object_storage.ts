/**
 * Where the bytes of documents are, if not in the database. It knows names and bytes, and nothing of whose they are: which object is
 * of which version, who reads it and what has to go, the database says.
 */
export interface ObjectStorage {
  /**
   * Stores a file under a name that is new, whole or not at all.
   *
   * @param sha256 of its bytes, in hexadecimal; storage that counts another refuses them
   * @throws {StorageUnavailable}
   */
  put(key: string, file: { readonly path: string; readonly sha256: string }): Promise<void>;
  /**
   * Its bytes, as they come.
   *
   * @throws {ContentCorrupt} where there is no such object
   * @throws {StorageUnavailable} also in the middle
   */
  read(key: string): AsyncGenerator<Buffer, void>;
  /** Deletes it; one that is gone already is as good. @throws {StorageUnavailable} */
  remove(key: string): Promise<void>;
}

/** The storage cannot be reached, refuses us, or fails: that says nothing about what was asked for. */
export class StorageUnavailable extends Error {
  override readonly name = "StorageUnavailable";
  readonly code = "storage_unavailable";
}

/** What is stored is not what was brought: it is gone, or has other bytes. */
export class ContentCorrupt extends Error {
  override readonly name = "ContentCorrupt";
  readonly code = "content_corrupt";
}

/** Of versions that are in a storage which nobody told us of. */
export function noStorage(): StorageUnavailable {
  return new StorageUnavailable("the bytes are in object storage, and S3_ENDPOINT and S3_BUCKET are not set");
}
