import { BlockList, isIP } from "node:net";

const SUBNETS: readonly (readonly [address: string, prefix: number, family: "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"], // this host
  ["127.0.0.0", 8, "ipv4"], // loopback
  ["169.254.0.0", 16, "ipv4"], // link-local: metadata services of clouds
  ["224.0.0.0", 3, "ipv4"], // multicast, reserved, broadcast
  ["::", 128, "ipv6"],
  ["::1", 128, "ipv6"],
  ["fe80::", 10, "ipv6"], // link-local
  ["ff00::", 8, "ipv6"], // multicast
];

const LOCAL = new BlockList();
for (const [address, prefix, family] of SUBNETS) LOCAL.addSubnet(address, prefix, family);

/** Ways to write an IPv4 address as IPv6: mapped, translated (NAT64), 6to4. */
const EMBEDDED = [/^::(?:ffff:(?:0:)?)?(?<v4>\d+\.\d+\.\d+\.\d+)$/i, /^64:ff9b::(?<v4>\d+\.\d+\.\d+\.\d+)$/i];
const EMBEDDED_HEX = [
  /^::(?:ffff:(?:0:)?)?(?<high>[0-9a-f]{1,4}):(?<low>[0-9a-f]{1,4})$/i,
  /^64:ff9b::(?<high>[0-9a-f]{1,4}):(?<low>[0-9a-f]{1,4})$/i,
];
const SIX_TO_FOUR = /^2002:(?<high>[0-9a-f]{1,4}):(?<low>[0-9a-f]{1,4}):/i;

const ipv4In = (address: string): string | undefined => {
  const [bare = ""] = address.split("%");
  for (const pattern of EMBEDDED) {
    const found = pattern.exec(bare)?.groups?.["v4"];
    if (found !== undefined) return found;
  }
  for (const pattern of [...EMBEDDED_HEX, SIX_TO_FOUR]) {
    const { high, low } = pattern.exec(bare)?.groups ?? {};
    if (high !== undefined && low !== undefined) return dotted(Number.parseInt(high, 16), Number.parseInt(low, 16));
  }
  return undefined;
};

const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join(".");

/**
 * Whether an address that a name has resolved to belongs to this machine or to its link: charts do not come from there unless somebody says so.
 * To be asked of the very address that is connected to, not of the name before. What is no address is local.
 */
export const isLocalAddress = (address: string): boolean => {
  const [bare = ""] = address.split("%");
  const embedded = isIP(bare) === 6 ? ipv4In(bare) : undefined;
  if (embedded !== undefined) return LOCAL.check(embedded, "ipv4");
  const family = isIP(bare);
  return family === 0 || LOCAL.check(bare, family === 6 ? "ipv6" : "ipv4");
};
