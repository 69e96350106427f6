/** Why a file gives no text: each is a code of src/http/codes.ts, where it says when it happens and what helps. */
export type FileCode = (typeof FILE_CODES)[number];
export const FILE_CODES = [
  "file_broken",
  "file_encoding_unknown",
  "file_encrypted",
  "file_protected",
  "file_too_costly",
  "file_too_large",
  "file_too_long",
  "file_too_slow",
  "file_type_mismatch",
  "file_type_unsupported",
  "file_without_text",
] as const;

/** The file is at fault: trying again would end the same way. `message` is a sentence for whoever uploaded it. */
export class FileRefused extends Error {
  readonly code: FileCode;
  constructor(code: FileCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FileRefused";
    this.code = code;
  }
}

/** The machine is at fault: no process, or one that ended without a word. Trying again may help. */
export class ExtractionFailed extends Error {
  override readonly name = "ExtractionFailed";
}
