import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../base/time/clock.ts";
import type { Lookup } from "./address-guard.ts";
import { dial, dialForRequests, type DialOptions } from "./dial.ts";
import { HttpFetch } from "./http-fetch.ts";

const { signal } = new AbortController();

const METADATA_V4 = ["169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192", "127.0.0.1", "0.0.0.0"];
const METADATA_V6 = ["fd00:ec2::254", "fd00:ec2::23", "fd00:c1::a9fe:a9fe", "fd00:42::42", "fd20:ce::254", "fe80::a9fe:a9fe", "::1", "::"];

const hex = (v4: string): readonly [string, string] => {
  const [a = 0, b = 0, c = 0, d = 0] = v4.split(".").map(Number);
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
};

/** An IPv4 address in the ways in which IPv6 can stand for it, each short, long and with dots. */
const formsOf = (v4: string): readonly string[] => {
  const [high, low] = hex(v4);
  return [
    ...["::ffff:", "0:0:0:0:0:ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:0:0:0:0:", "::"].flatMap((prefix) => [
      `${prefix}${v4}`,
      `${prefix}${high}:${low}`,
    ]),
    `2002:${high}:${low}::1`,
    `2002:${high}:${low}:0:0:0:0:1`,
    `64:ff9b:1::${high}:${low}`,
    `64:FF9B:1:${high}:0:${low}:0:0`,
  ];
};

const HOSTILE = [...METADATA_V4, ...METADATA_V4.flatMap(formsOf), ...METADATA_V6];
const leadingTo =
  (...addresses: readonly string[]): Lookup =>
  (_name, _options, answer) =>
    answer(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

type Client = (host: string, lookup?: Lookup) => Promise<unknown>;

/** Names lead nowhere, so that a proxy that may be asked is not there. */
const nowhere: Lookup = (_name, _options, answer) => answer(Object.assign(new Error("no"), { code: "ENOTFOUND" }), []);

const dialing =
  (by: typeof dial, proxy?: (host: string) => URL): Client =>
  (host, lookup) => {
    const options: DialOptions = { allowLocalAddresses: false, clock: systemClock, timeoutMs: 2_000, lookup };
    if (proxy === undefined) return by({ host, port: 1 }, options, signal);
    return by({ host: "charts.example", port: 1 }, { ...options, proxy: proxy(host) }, signal);
  };

const urlOf = (host: string): string => `http://${host.includes(":") ? `[${host}]` : host}:1/`;

const fetching =
  (by: (url: string) => { readonly url: string; readonly proxy?: string }): Client =>
  (host, lookup) => {
    const http = new HttpFetch({ clock: systemClock, allowLocalAddresses: false, connectTimeoutMs: 2_000, lookup });
    return http.read({ ...by(urlOf(host)), what: "the chart", maxBytes: 1 }, signal);
  };

const CLIENTS: readonly (readonly [string, Client])[] = [
  ["git", dialing(dial)],
  ["git's requests", dialing(dialForRequests)],
  ["git by a proxy there", dialing(dial, (host) => new URL(urlOf(host)))],
  ["HTTP", fetching((url) => ({ url }))],
  ["HTTP by a proxy there", fetching((proxy) => ({ url: "http://charts.example/", proxy }))],
];

const REFUSED = /loopback, link-local or cloud metadata address.*--allow-local-addresses/;

describe.each(CLIENTS)("%s", (_, client) => {
  test.each(HOSTILE)("does not connect to %s, nor to a name of it", async (address) => {
    await expect(client(address)).rejects.toThrow(REFUSED);
    await expect(client("charts.example", leadingTo(address))).rejects.toThrow(REFUSED);
  });

  test("does not connect to a name that leads to several of them", async () => {
    await expect(client("charts.example", leadingTo("169.254.169.254", "255.255.255.255", "fd00:ec2::254"))).rejects.toThrow(REFUSED);
  });

  test("says that a name has no address", async () => {
    await expect(client("charts.example", nowhere)).rejects.toThrow("ENOTFOUND");
    await expect(client("charts.example", leadingTo())).rejects.toThrow("ENOTFOUND");
  });
});

describe("an address behind a proxy", () => {
  const proxy = "http://proxy.example:1/";
  const options: DialOptions = { allowLocalAddresses: false, clock: systemClock, timeoutMs: 2_000, lookup: nowhere, proxy: new URL(proxy) };
  const http = new HttpFetch({ clock: systemClock, allowLocalAddresses: false, lookup: nowhere });

  test.each(HOSTILE)("is judged, too: %s", async (host) => {
    await expect(dial({ host, port: 1 }, options, signal)).rejects.toThrow(REFUSED);
    await expect(http.read({ url: urlOf(host), proxy, what: "the chart", maxBytes: 1 }, signal)).rejects.toThrow(REFUSED);
  });
});
