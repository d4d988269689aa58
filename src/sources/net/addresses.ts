import { BlockList, isIP } from "node:net";

const SUBNETS: readonly (readonly [address: string, prefix: number, family: "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"], // this host
  ["127.0.0.0", 8, "ipv4"], // loopback
  ["169.254.0.0", 16, "ipv4"], // link-local: metadata services of most clouds
  ["100.100.100.200", 32, "ipv4"], // metadata: Alibaba
  ["168.63.129.16", 32, "ipv4"], // the host of a virtual machine: Azure
  ["192.0.0.0", 24, "ipv4"], // of protocols; metadata at .192: Oracle
  ["224.0.0.0", 3, "ipv4"], // multicast, reserved, broadcast
  ["::", 128, "ipv6"],
  ["::1", 128, "ipv6"],
  ["fe80::", 10, "ipv6"], // link-local
  ["ff00::", 8, "ipv6"], // multicast
  ["fd00:ec2::", 32, "ipv6"], // metadata and pod identity: AWS
  ["fd00:c1::a9fe:a9fe", 128, "ipv6"], // metadata: Oracle
  ["fd00:42::42", 128, "ipv6"], // metadata: Scaleway
  ["fd20:ce::254", 128, "ipv6"], // metadata: Google
  ["64:ff9b:1::", 48, "ipv6"], // NAT64 of a site: only it knows where the IPv4 address stands
];

const blockList = (subnets: typeof SUBNETS): Pick<BlockList, "check"> => {
  const list = new BlockList();
  for (const [address, prefix, family] of subnets) list.addSubnet(address, prefix, family);
  return list;
};

/** Filled once and for all. */
const LOCAL = blockList(SUBNETS);

/** Prefixes of IPv6 addresses that stand for an IPv4 address, and which of the eight groups hold it. */
const EMBEDDING: readonly (readonly [prefix: readonly number[], high: number, inverted?: true])[] = [
  [[0, 0, 0, 0, 0, 0], 6], // compatible
  [[0, 0, 0, 0, 0, 0xffff], 6], // mapped
  [[0, 0, 0, 0, 0xffff, 0], 6], // translated
  [[0x64, 0xff9b, 0, 0, 0, 0], 6], // NAT64
  [[0x2002], 1], // 6to4
  [[0x2001, 0], 6, true], // Teredo
];

/** The eight groups of an IPv6 address, however it is written. */
const groupsOf = (address: string): readonly number[] => {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = [], tail] = hex.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return [...head, ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
};

const ipv4In = (address: string): string | undefined => {
  const groups = groupsOf(address);
  const [, at, inverted] = EMBEDDING.find(([prefix]) => prefix.every((group, index) => groups[index] === group)) ?? [];
  if (at === undefined) return undefined;
  const [high = 0, low = 0] = groups.slice(at, at + 2).map((group) => (inverted === true ? group ^ 0xffff : group));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
};

/** Whether it is an address, and not a name. */
export const isAddress = (text: string): boolean => isIP(text) !== 0;

/**
 * Whether an address that a name has resolved to belongs to this machine, to its link or to the cloud that it runs in, which tells whoever asks from
 * there who it is: charts do not come from there unless somebody says so. To be asked of the very address that is connected to, not of the name before.
 * What is no address is local.
 */
export const isLocalAddress = (address: string): boolean => {
  const [bare = ""] = address.split("%");
  const family = isIP(bare);
  if (family !== 6) return family === 0 || LOCAL.check(bare, "ipv4");
  const embedded = ipv4In(bare);
  return LOCAL.check(bare, "ipv6") || (embedded !== undefined && LOCAL.check(embedded, "ipv4"));
};
