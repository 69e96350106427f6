// What Rowhouse costs beside what one would write instead. node bench/peers.ts --help
import { compare } from "./peers/compare.ts";
import { compareGrowth } from "./peers/growth.ts";
import { BadOptions, HELP, readOptions } from "./peers/options.ts";
import { requireProc } from "./peers/processes.ts";

let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.once(signal, () => {
    interrupted = true;
  });

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) console.log(HELP);
  else {
    requireProc();
    await (options.growth ? compareGrowth(options) : compare(options));
  }
} catch (error) {
  // What breaks because it was told to stop is no news.
  if (!interrupted) {
    const message = error instanceof BadOptions ? `${error.message}\n(--help tells more)` : error;
    console.error(message);
    process.exitCode = error instanceof BadOptions ? 2 : 1;
  }
}
