import { isIPv4, isIPv6 } from "node:net";
import type { Context } from "koa";

/**
 * The client's address: the entry of X-Forwarded-For that the outermost of our proxies wrote (`proxy` and
 * `maxIpsCount` of the Koa app), or the connection's own if that entry is no address.
 */
export function clientAddress(ctx: Context): string {
  const connection = ctx.req.socket.remoteAddress ?? "";
  return addressIn(ctx.ips[0] ?? connection) ?? addressIn(connection) ?? "0.0.0.0";
}

/**
 * The address in what a proxy wrote, in its one spelling: with or without a port, in brackets, in quotes. Null if
 * there is none. An IPv4 address on an IPv6 socket is still IPv4, and a zone means nothing beyond this machine.
 */
export function addressIn(entry: string): string | null {
  if (isIPv4(entry)) return entry;
  const bare = entry.trim().replace(/^"(.*)"$/, "$1");
  const [, bracketed, withPort] = /^(?:\[([^\]]*)\](?::\d{1,5})?|([^:]*):\d{1,5})$/.exec(bare) ?? [];
  const address = (bracketed ?? withPort ?? bare).replace(/%.*$/, "");
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return null;
  // The URL parser compresses, lower-cases and turns dotted ends into groups (RFC 5952, but for mapped addresses).
  const spelled = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(spelled) ?? [];
  if (high === undefined || low === undefined) return spelled;
  const bits = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return bits.flatMap((group) => [group >> 8, group & 255]).join(".");
}

/**
 * What counts as one client: an IPv4 address, or the /64 of an IPv6 one, which one subscriber has whole.
 *
 * @param address as `clientAddress` spells it
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [left = [], right = []] = address.split("::").map((half) => half.split(":").filter(Boolean));
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return `${[...left, ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}
