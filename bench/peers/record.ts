import { readFile, writeFile } from "node:fs/promises";

const README = new URL("../README.md", import.meta.url);

/** Replaces what bench/README.md has between the two comments of this name. */
export async function record(name: "peers" | "growth" | "auth", tables: string): Promise<void> {
  const begin = `<!-- ${name}: written by --record -->`;
  const end = `<!-- ${name}: end -->`;
  const page = await readFile(README, "utf8");
  const [before, after] = [page.indexOf(begin), page.indexOf(end)];
  if (before === -1 || after < before) throw new Error(`bench/README.md lacks "${begin}" or "${end}"`);
  await writeFile(README, `${page.slice(0, before + begin.length)}\n\n${tables}\n\n${page.slice(after)}`);
}
