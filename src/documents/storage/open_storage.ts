import type { Config } from "../../config.ts";
import type { ObjectStorage } from "./object_storage.ts";
import { openS3 } from "./s3.ts";

/** Where bytes of documents are beside the database, and whether new ones go there. */
export interface Storage {
  /** Null: nowhere. Where it is set, what is there is read, wherever new ones go. */
  readonly objects: ObjectStorage | null;
  readonly keepsNew: boolean;
}

/** As the settings have it. */
export function openStorage({ documentStorage: { keepIn, s3 } }: Pick<Config, "documentStorage">): Storage {
  return { objects: s3 && openS3(s3), keepsNew: keepIn === "s3" };
}

/** Everything is in the database. */
export const IN_DATABASE: Storage = { objects: null, keepsNew: false };
