import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Debian's Chromium, or whatever is called so where the tests run. */
export function openBrowser(): Promise<Browser> {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const executablePath = join(folder, name);
      if (existsSync(executablePath)) return chromium.launch({ executablePath, args: ["--no-sandbox"] });
    }
  }
  throw new Error("tests of pages need Chromium on the PATH (apt-get install chromium)");
}
