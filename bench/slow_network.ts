import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface SlowNetwork {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A TCP proxy to a port of this machine that takes its time.
 *
 * @param roundTrip milliseconds there and back
 */
export async function slowNetwork(to: number, roundTrip: number): Promise<SlowNetwork> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: to, host: "127.0.0.1", noDelay: true });
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk) => {
        if (roundTrip === 0) into.write(chunk);
        else setTimeout(() => into.write(chunk), roundTrip / 2);
      });
      from.on("error", () => into.destroy());
      from.on("close", () => {
        sockets.delete(from);
        into.destroy();
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
