import { Socket as DatagramSocket } from "node:dgram";
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { Server, Socket } from "node:net";

/**
 * Takes the network away from this process: nothing that reads a file has any business there. Node.js 25 and later do
 * it by `--permission`; before that, this is what we can do. It stops a library, not a program that took the process over.
 */
export function giveUpNetwork(): void {
  const refuse = (): never => {
    throw new Error("the process that reads files has no network");
  };
  for (const prototype of [Socket.prototype, DatagramSocket.prototype]) {
    Object.defineProperty(prototype, "connect", { value: refuse });
  }
  for (const method of ["bind", "send"])
    Object.defineProperty(DatagramSocket.prototype, method, { value: refuse });
  Object.defineProperty(Server.prototype, "listen", { value: refuse });
  const lookups = [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype] as object[];
  for (const target of lookups) {
    for (const name of Object.getOwnPropertyNames(target)) {
      if (/^(?:lookup|resolve|reverse)/.test(name)) Object.defineProperty(target, name, { value: refuse });
    }
  }
  for (const name of ["fetch", "WebSocket", "EventSource"]) Reflect.deleteProperty(globalThis, name);
  syncBuiltinESMExports();
}
