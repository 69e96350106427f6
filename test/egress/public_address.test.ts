import { lookup } from "node:dns/promises";
import { expect, test } from "vitest";
import { isPublicAddress } from "../../src/egress/public_address.ts";

test.each([
  "93.184.215.14",
  "1.1.1.1",
  "100.63.255.255",
  "100.128.0.1",
  "172.15.255.255",
  "172.32.0.1",
  "2606:4700:4700::1111",
  "2a00:1450:4001::1",
])("%s is one of the internet's", (address) => expect(isPublicAddress(address)).toBe(true));

test.each([
  ["this network", "0.0.0.0"],
  ["private", "10.0.0.1"],
  ["private", "172.16.0.1"],
  ["private", "172.31.255.255"],
  ["private", "192.168.1.1"],
  ["loopback", "127.0.0.1"],
  ["loopback", "127.255.255.254"],
  ["carrier-grade NAT", "100.64.0.1"],
  ["carrier-grade NAT", "100.127.255.255"],
  ["link-local", "169.254.1.1"],
  ["metadata", "169.254.169.254"],
  ["metadata of Alibaba", "100.100.100.200"],
  ["metadata of Azure", "168.63.129.16"],
  ["protocol assignments", "192.0.0.192"],
  ["documentation", "198.51.100.1"],
  ["benchmarks", "198.18.0.1"],
  ["multicast", "224.0.0.1"],
  ["reserved", "240.0.0.1"],
  ["broadcast", "255.255.255.255"],
  ["unspecified", "::"],
  ["loopback", "::1"],
  ["IPv4-mapped", "::ffff:127.0.0.1"],
  ["IPv4-mapped, public", "::ffff:93.184.215.14"],
  ["IPv4-mapped in hexadecimal", "::ffff:7f00:1"],
  ["IPv4-compatible", "::127.0.0.1"],
  ["NAT64", "64:ff9b::7f00:1"],
  ["NAT64, local", "64:ff9b:1::a00:1"],
  ["6to4", "2002:7f00:1::"],
  ["Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
  ["documentation", "2001:db8::1"],
  ["documentation", "3fff::1"],
  ["unique local", "fc00::1"],
  ["unique local, metadata of AWS", "fd00:ec2::254"],
  ["link-local", "fe80::1"],
  ["link-local with a zone", "fe80::1%eth0"],
  ["site-local", "fec0::1"],
  ["multicast", "ff02::1"],
  ["discard", "100::1"],
  ["no address", "localhost"],
])("%s: %s is not", (_, address) => expect(isPublicAddress(address)).toBe(false));

test("what the system says of localhost is not", async () => {
  for (const { address } of await lookup("localhost", { all: true }))
    expect(isPublicAddress(address)).toBe(false);
});
