import { describe, expect, it } from "@jest/globals";
import { accessOf } from "./access.ts";
import { gitEnvironment, NO_ACCESS } from "./environment.ts";
import { parseGitLocation } from "./location.ts";
import type { Credentials } from "../source.ts";

const access = (location: string, credentials: Credentials = {}) =>
  accessOf({
    location: parseGitLocation(location),
    credentials,
    field: "source.location",
    proxy: undefined,
    folder: "/private",
    egress: { port: 7, url: "http://git:t@127.0.0.1:7" },
  });
const config = (location: string, credentials?: Credentials) => Object.fromEntries(access(location, credentials).config);
const basic = (text: string) => `Authorization: Basic ${Buffer.from(text).toString("base64")}`;
const key = { sshKey: "KEY\r\nKEY", knownHosts: "h ssh-ed25519 AAAA" };
const sshLines = (location: string, credentials: Credentials = {}) => access(location, { ...key, ...credentials }).files["ssh_config"]?.split("\n");

describe("accessOf http", () => {
  it("goes through the egress proxy and verifies certificates", () => {
    expect(config("https://h.example/a")).toEqual({
      "http.proxy": "http://git:t@127.0.0.1:7",
      "http.proxyAuthMethod": "basic",
      "http.sslVerify": "true",
    });
    expect(config("https://h.example/a", { insecure: true })).toMatchObject({ "http.sslVerify": "false" });
  });

  it.each<[string, Credentials, string | undefined]>([
    ["https://h.example/a", {}, undefined],
    ["https://u:p@h.example/a", {}, basic("u:p")],
    ["https://u:p@h.example/a", { username: "me", password: "mine" }, basic("me:mine")],
    ["https://u@h.example/a", { password: "mine" }, basic("u:mine")],
    ["https://h.example/a", { token: "t" }, "Authorization: Bearer t"],
    ["https://h.example/a", { username: "oauth2", token: "t" }, basic("oauth2:t")],
  ])("%s with %j sends %s, and only in the environment", (location, credentials, expected) => {
    expect(config(location, credentials)["http.extraHeader"]).toBe(expected);
    expect(access(location, credentials).url).toBe("https://h.example/a");
  });

  it("hands certificates over in files", () => {
    const given = access("https://h.example/a", { ca: "CA", clientCert: "CERT", clientKey: "KEY" });
    expect(given.files).toEqual({ "ca.pem": "CA", "client.pem": "CERT", "client.key": "KEY" });
    expect(Object.fromEntries(given.config)).toMatchObject({
      "http.sslCAInfo": "/private/ca.pem",
      "http.sslCert": "/private/client.pem",
      "http.sslKey": "/private/client.key",
    });
  });
});

describe("accessOf ssh", () => {
  it("runs ssh with a configuration of its own and no other word of the user", () => {
    const { url, env, files } = access("ssh://me@h.example:2222/a b".replace(" ", "%20"), key);
    expect(url).toBe("ssh://h.example/a%20b");
    expect(env).toEqual({ GIT_SSH_COMMAND: "ssh -F ssh_config", GIT_SSH_VARIANT: "ssh", SSH_ASKPASS_REQUIRE: "never" });
    expect(files).toMatchObject({ identity: "KEY\nKEY\n", known_hosts: "h ssh-ed25519 AAAA\n" });
  });

  it.each([
    ["ssh://me@h.example:2222/a", ["HostName 127.0.0.1", "Port 7", "User me", "HostKeyAlias [h.example]:2222", "StrictHostKeyChecking yes"]],
    ["h.example:a", ["User git", "HostKeyAlias h.example", "UserKnownHostsFile known_hosts", "IdentityFile identity", "IdentitiesOnly yes"]],
    ["h.example:a", ["IdentityAgent none", "BatchMode yes", "ProxyCommand none", "PermitLocalCommand no", "ForwardAgent no", "ControlPath none"]],
  ])("%s is reached by %j", (location, lines) => {
    expect(sshLines(location)).toEqual(expect.arrayContaining(lines));
  });

  it("takes any host key only when that is asked for", () => {
    expect(sshLines("h.example:a", { knownHosts: undefined, insecure: true })).toEqual(
      expect.arrayContaining(["StrictHostKeyChecking no", "UserKnownHostsFile /dev/null"]),
    );
  });

  it.each<[Credentials, string]>([
    [{}, "needs a private key"],
    [{ sshKey: "KEY" }, "needs the host keys of h.example"],
    [{ ...key, username: "me\nProxyCommand touch x" }, "user name"],
    [{ ...key, username: "-oX" }, "user name"],
    [{ ...key, username: "" }, "user name"],
  ])("refuses %j", (credentials, message) => {
    expect(() => access("h.example:a", credentials)).toThrow(
      expect.objectContaining({ reason: "Unauthorized", class: "terminal", message: expect.stringContaining(message) }),
    );
  });
});

describe("accessOf git", () => {
  it.each([
    ["git://h.example/a", "h.example:9418"],
    ["git://h.example:99/a", "h.example:99"],
  ])("%s connects to the egress proxy and names %s", (location, host) => {
    expect(access(location)).toMatchObject({ url: "git://127.0.0.1:7/a", env: { GIT_OVERRIDE_VIRTUAL_HOST: host }, config: [] });
  });
});

describe("gitEnvironment", () => {
  const env = gitEnvironment({ path: "/bin", folder: "/cache/tmp-1", protocol: "https", maxObjectBytes: 5 }, access("https://h.example/a"));

  it("reads no configuration of the system or of a user, and asks nobody", () => {
    expect(env).toMatchObject({
      PATH: "/bin",
      HOME: "/cache/tmp-1",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      GIT_ALLOW_PROTOCOL: "https",
      GIT_ALLOC_LIMIT: "5",
    });
  });

  it("numbers its configuration without a gap", () => {
    const count = Number(env["GIT_CONFIG_COUNT"]);
    expect(Object.keys(env).filter((name) => /^GIT_CONFIG_(?:KEY|VALUE)_\d+$/.test(name))).toHaveLength(2 * count);
    expect(env[`GIT_CONFIG_VALUE_${count - 1}`]).toBe("true");
  });

  it("allows no transport to a command that needs no server", () => {
    expect(gitEnvironment({ path: "/bin", folder: "/x", maxObjectBytes: 5 }, NO_ACCESS)).toMatchObject({ GIT_ALLOW_PROTOCOL: "" });
  });
});
