import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";

/** A network between a server under test and what it connects to, which can fail in the ways that networks do. */
export interface Network {
  /** The connection string with this network in between. */
  through(url: string): string;
  /** Cuts every connection, and refuses new ones. */
  cut(): Promise<void>;
  /** Ends every connection as a server does that stops in good order: with FIN, and without a word. */
  finish(): void;
  /** From now on swallows every byte, either way, while connections stay and new ones are accepted. */
  fallSilent(): void;
  /** How many connections have had bytes swallowed. */
  swallowed(): number;
  /** Undoes `cut` and `fallSilent`. What was swallowed is lost. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

export async function networkTo(url: string): Promise<Network> {
  const { hostname, port } = new URL(url);
  const pairs = new Set<readonly [near: Socket, far: Socket]>();
  let silent = false;
  let unheard = new Set<Socket>();
  const hub = createServer((near) => {
    const far = createConnection(Number(port), hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    const pass = (from: Socket, to: Socket): void => {
      from.on("data", (bytes) => {
        if (silent) unheard.add(near);
        else to.write(bytes);
      });
      from.on("end", () => silent || to.end());
      from.on("error", () => {});
      from.on("close", () => {
        pairs.delete(pair);
        if (!silent) to.destroy();
      });
    };
    pass(near, far);
    pass(far, near);
  });
  const destroyAll = (): void => {
    for (const end of [...pairs].flat()) end.destroy();
  };
  hub.listen(0, "127.0.0.1");
  await once(hub, "listening");
  const { port: own } = hub.address() as AddressInfo;

  const cut = async (): Promise<void> => {
    if (!hub.listening) return;
    const closed = once(hub, "close");
    hub.close();
    destroyAll();
    await closed;
  };
  return {
    through: (from) => Object.assign(new URL(from), { hostname: "127.0.0.1", port: String(own) }).href,
    cut,
    finish() {
      for (const [near, far] of pairs) {
        near.end();
        far.destroy();
      }
    },
    fallSilent() {
      silent = true;
      unheard = new Set();
    },
    swallowed: () => unheard.size,
    async mend() {
      silent = false;
      if (hub.listening) return;
      hub.listen(own, "127.0.0.1");
      await once(hub, "listening");
    },
    close: cut,
  };
}
