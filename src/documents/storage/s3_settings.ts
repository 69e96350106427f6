/** A bucket of Amazon's S3, or of whatever speaks its language. */
export interface S3Settings {
  /** Without the bucket; its path, if it has one, ends without a slash. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Whether the bucket stands in the path, else in the host. */
  readonly pathStyle: boolean;
  /** What the storage is asked to encrypt objects with; null: as the bucket is set up. */
  readonly encryption: "AES256" | "aws:kms" | null;
}
