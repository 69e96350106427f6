import { once } from "node:events";
import type { Server } from "node:http";
import { Server as Listener, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../log.ts";

/** Milliseconds that requests in flight have to finish. */
const GRACE = 10_000;

/** Stops accepting, waits for requests in flight and ends those that take longer than ten seconds. */
export type Drain = (options?: {
  /**
   * Milliseconds before connections without a request are ended; 0, the default: at once. Meanwhile every answer
   * ends its own.
   */
  readonly idle?: number;
}) => Promise<void>;

/** Watches a server's connections from the beginning, so that it can stop without cutting anybody off. */
export function drainable(server: Server, log: Log): Drain {
  // Node counts a connection that never sent a request neither as idle nor as busy.
  const silent = new Set<Socket>();
  let draining = false;
  server.on("connection", (socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
  });
  server.prependListener("request", ({ socket }, response) => {
    silent.delete(socket);
    if (draining) response.setHeader("Connection", "close");
  });

  return async ({ idle = 0 } = {}) => {
    draining = true;
    const closed = once(server, "close");
    if (idle > 0) {
      // An HTTP server's own close() ends idle connections at once; this accepts no more, and that is all.
      Listener.prototype.close.call(server);
      await Promise.race([closed, delay(idle, undefined, { ref: false })]);
    }
    server.close();
    for (const socket of silent) socket.destroy();
    server.closeIdleConnections();
    // A connection becomes idle when its request is answered.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const patience = setTimeout(() => {
      log.warn("requests were still in flight when the time was up");
      server.closeAllConnections();
    }, GRACE);
    await closed;
    clearInterval(sweep);
    clearTimeout(patience);
  };
}
