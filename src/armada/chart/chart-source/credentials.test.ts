import { describe, expect, test } from "@jest/globals";
import { messageOf } from "../../../base/errors.ts";
import { ApiError, type ObjectRef } from "../../../runtime/api.ts";
import type { ArmadaChartSpec } from "../../api/chart.ts";
import { parseOciReference, registryLogin } from "../../../sources/oci/reference.ts";
import { SECRET_HOSTS } from "../../names.ts";
import { chart } from "../../testing/estate.ts";
import { parseCredentials, secretsOf } from "./credentials.ts";

const never = new AbortController().signal;
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const data = (texts: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, base64(text)]));
const docker = (auths: unknown): string => JSON.stringify({ auths });

const LOGIN = { username: "a", password: "b" };

type Secrets = Readonly<Record<string, Readonly<Record<string, string>> | 403>>;

/** `namespace/name` → what the Secret holds. */
const look = (
  source: Partial<ArmadaChartSpec["source"]>,
  secrets: Secrets,
  { type = "Opaque", hosts, hostsRequired = false }: { readonly type?: string; readonly hosts?: string; readonly hostsRequired?: boolean } = {},
) => {
  const asked: string[] = [];
  const get = async ({ namespace, name }: ObjectRef) => {
    const key = `${namespace ?? ""}/${name}`;
    asked.push(key);
    const found = secrets[key];
    if (found === 403) throw new ApiError("forbidden", { status: 403, reason: "Forbidden" });
    return found === undefined
      ? undefined
      : {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name, uid: "u", resourceVersion: "1", ...(hosts === undefined ? {} : { annotations: { [SECRET_HOSTS]: hosts } }) },
          type,
          data: data(found),
        };
  };
  const of = chart("c", { spec: { source: { type: "git", location: "https://example.org/x", ...source } } });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stub of one method
  return { asked, secrets: secretsOf(of, { api: { get } as never, operatorNamespace: "ops", hostsRequired }, never) };
};

describe("whose credentials a source gets", () => {
  const own = { "site/armada-registry-credentials": { username: "own" } };
  const ops = {
    "ops/armada-registry-credentials": { username: "ops", ".dockerconfigjson": docker({ "r.example": { username: "a", password: "b" } }) },
  };
  test.each([
    ["those of the Secret it names", { secret_ref: { name: "mine" } }, { "site/mine": { username: "mine" }, ...own }, "mine"],
    ["else those of its namespace", {}, { ...own, ...ops }, "own"],
    ["of the operator's only logins that are bound to a host", {}, ops, undefined],
    ["none, when nobody has any", {}, {}, undefined],
    ["none, when they may not be read", {}, { "site/armada-registry-credentials": 403 }, undefined],
  ] as const)("%s", async (_, source, secrets, username) => {
    expect((await look(source, secrets).secrets).credentials?.username).toBe(username);
  });

  test("logins of the operator's registries count for everybody", async () => {
    expect((await look({}, ops).secrets).credentials).toEqual({ registries: { "r.example": { username: "a", password: "b" } } });
  });

  test("the operator's logins are not for a chart that wants nobody verified", async () => {
    const { asked, secrets } = look({ insecure_skip_verify: true }, ops);
    expect([(await secrets).credentials, asked]).toEqual([{ insecure: true }, ["site/armada-registry-credentials"]]);
  });

  test("the operator's logins go by way of a proxy of the chart's over TLS only, the chart's own as it likes", async () => {
    const proxy_server = "http://proxy.example:3128";
    const login = { username: "a", password: "b" };
    expect((await look({ proxy_server }, ops).secrets).credentials).toEqual({ registries: { "r.example": { ...login, tlsOnly: true } } });
    const mine = { "site/mine": { ".dockerconfigjson": docker({ "r.example": login }) } };
    expect((await look({ proxy_server, secret_ref: { name: "mine" } }, mine).secrets).credentials?.registries).toEqual({ "r.example": login });
  });

  test("a local chart needs none, and nothing is asked", async () => {
    const { asked, secrets } = look({ type: "local", location: "/x" }, own);
    expect([await secrets, asked]).toEqual([{ credentials: undefined, verify: undefined }, []]);
  });

  test("a Secret that is named and not there is said with its namespace", async () => {
    await expect(look({ secret_ref: { name: "mine" } }, own).secrets).rejects.toThrow(
      'source.secret_ref names Secret "mine", which is not in namespace "site": create it there',
    );
  });

  test("a Secret that is named and may not be read is said as such", async () => {
    await expect(look({ secret_ref: { name: "mine" } }, { ...own, "site/mine": 403 }).secrets).rejects.toThrow(
      'source.secret_ref names Secret "mine" in namespace "site", which the operator is not allowed to read: grant its ServiceAccount get on it',
    );
  });

  test.each([
    ["the Secret it names", { secret_ref: { name: "mine" } }, "site/mine"],
    ["the default Secret", {}, "site/armada-registry-credentials"],
  ])("never the token of a ServiceAccount, as %s", async (_, source, key) => {
    const { secrets } = look(source, { [key]: { token: "t" } }, { type: "kubernetes.io/service-account-token" });
    await expect(secrets).rejects.toThrow(/in namespace "site" has type kubernetes.io\/service-account-token, .* sent to no source/);
  });

  test("of the operator's none, when they may not be read", async () => {
    expect((await look({}, { "ops/armada-registry-credentials": 403 }).secrets).credentials).toBeUndefined();
  });

  test("verification is switched off by a field only", async () => {
    expect((await look({ insecure_skip_verify: true }, own).secrets).credentials).toMatchObject({ username: "own", insecure: true });
  });
});

describe("a Secret that names its servers", () => {
  const mine = { "site/mine": { username: "me", password: "p" } };
  const named = { secret_ref: { name: "mine" } };
  const own = { "site/armada-registry-credentials": { username: "own", password: "p", ".dockerconfigjson": docker({ "r.example": LOGIN }) } };
  const elsewhere = 'Secret "mine" in namespace "site" may be sent to git.example, and source.location is on example.org: ';
  const unsaid =
    'Secret "mine" in namespace "site" does not say to which servers it may be sent: annotate it with armada.airshipit.org/hosts=example.org';

  test.each([
    ["goes to one of them", mine, named, { hosts: "git.example, Example.org" }, "me"],
    ["goes to one of them, required or not", mine, named, { hosts: "example.org", hostsRequired: true }, "me"],
    ["goes to no other", mine, named, { hosts: "git.example" }, elsewhere],
    ["goes nowhere when it names none, where that is required", mine, named, { hostsRequired: true }, unsaid],
    ["goes anywhere when it names none, where it is not", mine, named, {}, "me"],
    ["goes nowhere when it names nothing", mine, named, { hosts: " ," }, unsaid],
    ["goes to none of them as the default, and nothing is said", own, {}, { hosts: "git.example" }, undefined],
    ["goes to one of them as the default", own, {}, { hosts: "example.org" }, "own"],
  ] as const)("%s", async (_, secrets, source, options, expected) => {
    const told = look(source, secrets, options).secrets.then(
      ({ credentials }) => credentials?.username,
      (error: unknown) => messageOf(error),
    );
    const said = await told;
    if (expected === elsewhere || expected === unsaid) expect(said).toMatch(new RegExp(`^${expected}`));
    else expect(said).toBe(expected);
  });

  test("and logins of registries, which name their own", async () => {
    const { credentials } = await look({}, own, { hostsRequired: true }).secrets;
    expect(credentials).toEqual({ knownHosts: undefined, ca: undefined, registries: { "r.example": LOGIN } });
  });
});

describe("public keys", () => {
  const verify = (provider: "cosign" | "provenance") => ({ verify: { provider, secret_ref: { name: "keys" } } });
  test.each([
    ["cosign", { "site/keys": { "cosign.pub": "PEM" } }, { provider: "cosign", publicKey: "PEM" }],
    ["provenance", { "site/keys": { "pubring.gpg": "ring" } }, { provider: "provenance", keyring: Buffer.from("ring") }],
  ] as const)("of %s are read from their Secret", async (provider, secrets, expected) => {
    expect((await look(verify(provider), secrets).secrets).verify).toEqual(expected);
  });

  test.each([{}, { "site/keys": { other: "x" } }])("that are not there stop the chart: %j", async (secrets) => {
    await expect(look(verify("cosign"), secrets).secrets).rejects.toThrow('Secret "keys", which has no key cosign.pub in namespace "site"');
  });
});

test("public keys that may not be read are said as such", async () => {
  const verify = { provider: "cosign", secret_ref: { name: "keys" } } as const;
  await expect(look({ verify }, { "site/keys": 403 }).secrets).rejects.toMatchObject({
    reason: "VerificationFailed",
    message:
      'source.verify.secret_ref names Secret "keys" in namespace "site", which the operator is not allowed to read: grant its ServiceAccount get on it',
  });
});

describe("parseCredentials", () => {
  test("knows the keys of Kubernetes' own types of Secrets", () => {
    const parsed = parseCredentials(
      data({ "ssh-privatekey": "key", known_hosts: "hosts", "ca.crt": "ca", "tls.crt": "crt", "tls.key": "tk", token: "t" }),
      "s",
    );
    expect(parsed).toMatchObject({ sshKey: "key", knownHosts: "hosts", ca: "ca", clientCert: "crt", clientKey: "tk", token: "t" });
  });

  test.each([
    ["plain logins", "r.example", { username: "a", password: "b" }],
    ["encoded ones", "https://r.example/v1/", { auth: base64("a:b") }],
    ["logins for a path", "r.example/team-a", { auth: base64("a:b") }],
  ])("reads %s of a docker config, under the names they have there", (_, key, login) => {
    expect(parseCredentials(data({ ".dockerconfigjson": docker({ [key]: login }) }), "s").registries).toEqual({
      [key]: { username: "a", password: "b" },
    });
  });

  test("gives each path of a registry its own login", () => {
    const of = (name: string) => ({ username: name, password: "p" });
    const auths = { "ghcr.io": of("all"), "https://ghcr.io/team-a": of("a"), "ghcr.io/team-a/secret/": of("secret") };
    const { registries } = parseCredentials(data({ ".dockerconfigjson": docker(auths) }), "s");
    const loginAt = (path: string) =>
      registryLogin(registries, parseOciReference({ location: `oci://ghcr.io/${path}`, reference: undefined }))?.username;
    expect(["team-b/x", "team-a/x", "team-a/secret/x"].map(loginAt)).toEqual(["all", "a", "secret"]);
  });

  test("takes the line break after a token away, and refuses what is none", () => {
    expect(parseCredentials(data({ token: "abc\r\n" }), "s").token).toBe("abc");
    for (const token of ["a\r\nX-Evil: 1", "\n", "t\0", "two words", "tökén"])
      expect(() => parseCredentials(data({ token }), 'Secret "site/x"')).toThrow('Secret "site/x": its token has invalid characters');
  });

  test("says which Secret holds no JSON, and not what it holds", () => {
    const parse = () => parseCredentials(data({ ".dockerconfigjson": "hunter2{" }), 'Secret "site/x"');
    expect(parse).toThrow('Secret "site/x": .dockerconfigjson is not JSON');
    expect(parse).not.toThrow("hunter2");
  });
});
