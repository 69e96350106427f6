import { BlockList, isIPv4 } from "node:net";

/** Where nobody outside of a network is: IANA's special-purpose addresses, and multicast. */
const INTERNAL_V4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  // Not reserved, but where one cloud keeps its metadata.
  ["168.63.129.16", 32],
] as const;

/** Within 2000::/3, outside of which nothing is public: what leads to an IPv4 address, or nowhere. */
const INTERNAL_V6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
] as const;

const internal = new BlockList();
for (const [net, bits] of INTERNAL_V4) internal.addSubnet(net, bits, "ipv4");
for (const [net, bits] of INTERNAL_V6) internal.addSubnet(net, bits, "ipv6");
const unicast = new BlockList();
unicast.addSubnet("2000::", 3, "ipv6");

/**
 * Whether an IP address is one of the internet's. Of IPv6 only what is global unicast (2000::/3): so neither loopback,
 * link-local and unique local addresses nor those that stand for an IPv4 address (::ffff:0:0/96, 64:ff9b::/96, 2002::/16,
 * 2001::/32) are.
 *
 * @param address as `dns.lookup` gives it
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !internal.check(address, "ipv4");
  return unicast.check(address, "ipv6") && !internal.check(address, "ipv6");
}
