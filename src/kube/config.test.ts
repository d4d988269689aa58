import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { loadKubeConfig } from "./config.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
});

afterEach(() => rm(folder, { recursive: true }));

const save = async (content: string): Promise<string> => {
  const path = join(folder, "config");
  await writeFile(path, content);
  return path;
};

const kubeconfig = (options: { readonly user?: object; readonly cluster?: object; readonly current?: string }): string =>
  JSON.stringify({
    "current-context": options.current ?? "main",
    contexts: [
      { name: "main", context: { cluster: "c", user: "u", namespace: "team" } },
      { name: "lost", context: { cluster: "gone", user: "u" } },
      { name: "nobody", context: { cluster: "c", user: "gone" } },
      { name: "bare", context: { cluster: "c" } },
    ],
    clusters: [{ name: "c", cluster: { server: "https://10.0.0.1:6443/", ...options.cluster } }],
    users: [{ name: "u", user: options.user ?? {} }],
  });

const data = (text: string): string => Buffer.from(text).toString("base64");
const never = new AbortController().signal;

test("it gives the server, the namespace, certificates from data and files, and the token", async () => {
  await writeFile(join(folder, "ca.pem"), "authority");
  const user = { "client-certificate-data": data("cert"), "client-key-data": data("key"), token: "t0ken" };
  const path = await save(kubeconfig({ user, cluster: { "certificate-authority": "ca.pem", "tls-server-name": "kube" } }));
  const config = await loadKubeConfig({ path });
  expect([config.server, config.namespace]).toEqual(["https://10.0.0.1:6443", "team"]);
  expect(Object.entries(config.tls).map(([name, value]) => `${name}=${String(value)}`)).toEqual([
    "ca=authority",
    "cert=cert",
    "key=key",
    "servername=kube",
  ]);
  expect(await config.headers(never)).toEqual({ authorization: "Bearer t0ken" });
});

test.each<[string, object, object]>([
  ["a user and a password", { username: "me", password: "secret" }, { authorization: "Basic bWU6c2VjcmV0" }],
  ["nothing", {}, {}],
  ["impersonation", { token: "t", as: "someone" }, { authorization: "Bearer t", "impersonate-user": "someone" }],
  [
    "an exec plugin",
    { exec: { command: "echo", args: ['{"status": {"token": "from-plugin"}}'], apiVersion: "client.authentication.k8s.io/v1" } },
    { authorization: "Bearer from-plugin" },
  ],
])("credentials can be %s", async (_title, user, headers) => {
  const config = await loadKubeConfig({ path: await save(kubeconfig({ user, cluster: { "insecure-skip-tls-verify": true } })) });
  expect(await Promise.all([config.headers(never), config.headers(never)])).toEqual([headers, headers]);
  expect(config.tls).toEqual({ rejectUnauthorized: false });
});

test("a plain http server is allowed, and a context without a user", async () => {
  const config = await loadKubeConfig({ path: await save(kubeconfig({ cluster: { server: "http://127.0.0.1:8001" }, current: "bare" })) });
  expect([config.server, config.namespace, await config.headers(never)]).toEqual(["http://127.0.0.1:8001", "default", {}]);
});

test.each<[string, string, RegExp]>([
  ["the context is not there", kubeconfig({ current: "other" }), /has no context "other"; it has "main", "lost", "nobody", "bare"$/],
  ["no context is chosen", kubeconfig({ current: "" }), /^kubeconfig ".*" has no current-context; set one/],
  ["the cluster is not there", kubeconfig({ current: "lost" }), /names cluster "gone", which does not exist/],
  ["the user is not there", kubeconfig({ current: "nobody" }), /names user "gone", which does not exist/],
  [
    "a certificate cannot be read",
    kubeconfig({ cluster: { "certificate-authority": "no.pem" } }),
    /^cannot read certificate-authority of kubeconfig .*ENOENT/,
  ],
  ["a proxy is asked for", kubeconfig({ cluster: { "proxy-url": "http://proxy:1" } }), /has a proxy-url, which is not supported/],
])("one sentence says that %s", async (_title, content, message) => {
  await expect(loadKubeConfig({ path: await save(content) })).rejects.toThrow(message);
});

test("a file that is missing is named, and one that cannot be parsed is not quoted", async () => {
  await expect(loadKubeConfig({ path: "/nowhere/config" })).rejects.toThrow(/^cannot read kubeconfig "\/nowhere\/config": .*ENOENT/);
  const path = await save("users:\n- name: u\n  user: {token: hush, hush: [}\n");
  const error: unknown = await loadKubeConfig({ path }).catch((failure: unknown) => failure);
  expect(String(error)).toContain(`cannot read kubeconfig "${path}"`);
  expect(String(error)).not.toContain("hush");
});
