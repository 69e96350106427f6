import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";

/**
 * Takes an address and lets go of it.
 *
 * @throws what listening there fails with: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`
 */
export async function tryAddress({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<void> {
  const probe = createServer().listen(port, host);
  await once(probe, "listening");
  await promisify(probe.close.bind(probe))();
}
