import { describe, expect, test } from "@jest/globals";
import { messageOf } from "../../../base/errors.ts";
import type { Credentials } from "../../../sources/source.ts";
import { sentTo, type Sending } from "./sent-to.ts";

const LOGIN: Credentials = { username: "u", password: "p" };
const REGISTRIES = { "r.example": { username: "u", password: "p" } };
const PROXY = { proxy_server: "http://proxy.example:3128" };
const INSECURE = { insecure_skip_verify: true };

const send = (
  credentials: Credentials,
  location: string,
  { source, ...over }: Partial<Omit<Sending, "source">> & { readonly source?: object } = {},
) => {
  try {
    return sentTo(credentials, { source: { location, ...source }, hosts: undefined, required: true, named: "Secret s", ...over });
  } catch (error) {
    return messageOf(error);
  }
};

describe("the server of", () => {
  test.each([
    ["https://git.example/x.git", "git.example", true],
    ["https://GIT.example/x.git", "git.example", true],
    ["https://git.example:8443/x.git", "git.example", true],
    ["https://git.example:8443/x.git", "git.example:8443", true],
    ["https://git.example/x.git", "git.example:443", true],
    ["https://git.example/x.git", "git.example:8443", false],
    ["https://git.example.evil/x.git", "git.example", false],
    ["https://evil/git.example", "git.example", false],
    ["https://git.example@evil/x.git", "git.example", false],
    ["http://git.example/x.git", "git.example:80", true],
    ["ssh://git@git.example/x.git", "git.example:22", true],
    ["git@git.example:team/x.git", "git.example", true],
    ["git@evil:git.example/x.git", "git.example", false],
    ["oci://r.example/charts/x", "r.example:443", true],
    ["oci://r.example:5000/charts/x", "r.example:5000", true],
    ["https://[::1]:8443/x", "[::1]:8443", true],
    ["https:", "git.example", false],
    ["x", "x", false],
  ])("%s is %s: %s", (location, hosts, expected) => {
    expect(send(LOGIN, location, { hosts })).toEqual(expected ? LOGIN : expect.stringMatching(/^Secret s may be sent to /));
  });
});

test.each<readonly [string, Credentials]>([
  ["a user", { username: "u" }],
  ["a password", { password: "p" }],
  ["a token", { token: "t" }],
  ["a key", { sshKey: "k" }],
  ["a certificate", { clientCert: "c", clientKey: "k" }],
])("%s goes to no server that is not named", (_, credentials) => {
  expect(send(credentials, "https://evil/x", { hosts: "git.example" })).toMatch(
    /^Secret s may be sent to git\.example, and source\.location is on evil: /,
  );
  expect(send(credentials, "https://evil/x")).toMatch(
    /^Secret s does not say to which servers it may be sent: annotate it .*=evil, if evil may have it$/,
  );
});

test("what a server is known by is no secret", () => {
  const known = { knownHosts: "h", ca: "c" };
  expect(send(known, "https://evil/x", { source: INSECURE })).toEqual(known);
});

describe("nobody stands between", () => {
  const hosts = "git.example";
  const https = "https://git.example/x";
  test.each([
    ["a server that nobody verifies", LOGIN, https, INSECURE, /^Secret s is not sent while source\.insecure_skip_verify is true/],
    [
      "a registry that nobody verifies",
      { registries: REGISTRIES },
      https,
      INSECURE,
      /^Secret s is not sent while source\.insecure_skip_verify is true/,
    ],
    ["a proxy without TLS", LOGIN, "http://git.example/x", PROXY, /^Secret s is not sent through source\.proxy_server without TLS/],
  ])("%s", (_, credentials, location, source, expected) => {
    expect(send(credentials, location, { hosts, source })).toMatch(expected);
  });

  test("a proxy that sees TLS only, or no proxy", () => {
    expect(send(LOGIN, https, { hosts, source: PROXY })).toEqual(LOGIN);
    expect(send(LOGIN, "http://git.example/x", { hosts })).toEqual(LOGIN);
    const registries = { "r.example": { ...REGISTRIES["r.example"], tlsOnly: true } };
    expect(send({ registries: REGISTRIES }, "oci://r.example/x", { source: PROXY })).toEqual({ registries });
  });
});

describe("a Secret that the chart does not name", () => {
  const all = { ...LOGIN, ca: "c", knownHosts: "h", registries: REGISTRIES };
  test.each([
    ["keeps its login to itself", {}, { ca: "c", knownHosts: "h", registries: REGISTRIES }],
    ["keeps logins of registries, too, where nobody is verified", { source: INSECURE }, { ca: "c", knownHosts: "h" }],
    ["is sent where it says", { hosts: "evil" }, all],
  ])("%s", (_, over, expected) => {
    expect(send(all, "https://evil/x", { named: undefined, ...over })).toEqual(expected);
  });
});

test("where no Secret has to name a server, one that names none goes where the chart says", () => {
  const all = { ...LOGIN, registries: REGISTRIES };
  expect(send(all, "http://evil/x", { required: false, source: { ...INSECURE, ...PROXY } })).toBe(all);
});
