import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFile {
  readonly path: string;
  append(piece: Uint8Array): Promise<void>;
}

/**
 * Lends a file that is empty, which nobody else of this machine may read (mode 600, in a folder of 700), and which is gone
 * when the work has ended, however it ended. A process that is killed leaves it.
 */
export async function withTemporaryFile<Done>(work: (file: TemporaryFile) => Promise<Done>): Promise<Done> {
  const folder = await mkdtemp(join(tmpdir(), "rowhouse-file-"));
  try {
    const path = join(folder, "file");
    const file = await open(path, "wx", 0o600);
    try {
      return await work({ path, append: (piece) => file.appendFile(piece) });
    } finally {
      await file.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
