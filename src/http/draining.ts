import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Log } from "../log.ts";

/** Milliseconds that requests in flight have to finish. */
const GRACE = 10_000;

/**
 * Watches a server's connections from the beginning, so that it can stop without cutting anybody off.
 *
 * @returns a function that stops accepting, waits for requests in flight and ends those that take longer
 *   than ten seconds. Connections without a request are ended at once.
 */
export function drainable(server: Server, log: Log): () => Promise<void> {
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

  return async () => {
    draining = true;
    const closed = new Promise<void>((done) => server.close(() => done()));
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
