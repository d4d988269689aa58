import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { ownEnvironment } from "../base/process/environment.ts";
import { run } from "../base/process/process.ts";
import { loadKubeConfigApart } from "./config-apart.ts";
import { loadKubeConfig, type ClusterConfig } from "./config.ts";

const signal = new AbortController().signal;
let folder = "";
let clock: ManualClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  clock = new ManualClock();
});
afterEach(() => rm(folder, { recursive: true }));

const save = async (user: object): Promise<string> => {
  const path = join(folder, "config");
  const cluster = {
    server: "https://10.0.0.1:6443",
    "certificate-authority-data": Buffer.from("authority").toString("base64"),
    "tls-server-name": "kube",
  };
  const contexts = [{ name: "main", context: { cluster: "c", user: "u", namespace: "team" } }];
  await writeFile(path, JSON.stringify({ "current-context": "main", contexts, clusters: [{ name: "c", cluster }], users: [{ name: "u", user }] }));
  return path;
};

/** A file that sets only what is given. */
const part = async (file: string, content: object): Promise<string> => {
  const path = join(folder, file);
  await writeFile(path, JSON.stringify(content));
  return path;
};

const listed = (files: readonly string[]): Promise<ClusterConfig> => {
  const env = { ...ownEnvironment(), KUBECONFIG: files.join(delimiter) };
  return loadKubeConfigApart({}, { run, env, clock }, signal);
};

const load = (path: string): Promise<ClusterConfig> => loadKubeConfigApart({ path }, { run, env: ownEnvironment(), clock }, signal);

test("a child reads the same configuration as this process would", async () => {
  const path = await save({
    token: "t0ken",
    "client-certificate-data": Buffer.from("cert").toString("base64"),
    "client-key-data": Buffer.from("key").toString("base64"),
  });
  const apart = await load(path);
  const here = await loadKubeConfig({ path });
  const plain = async (config: ClusterConfig): Promise<unknown> => JSON.parse(JSON.stringify({ ...config, headers: await config.headers(signal) }));
  expect(await plain(apart)).toEqual(await plain(here));
});

test("a token from a file is read again after a minute", async () => {
  const file = join(folder, "token");
  await writeFile(file, "first\n");
  const config = await load(await save({ "auth-provider": { name: "tokenFile", config: { tokenFile: file } } }));
  const token = async (): Promise<string | undefined> => (await config.headers(signal))["authorization"];
  expect(await token()).toBe("Bearer first");
  await writeFile(file, "second\n");
  expect(await token()).toBe("Bearer first");
  await clock.advance(60_000);
  expect(await token()).toBe("Bearer second");
});

test("an exec plugin is asked by this process", async () => {
  const exec = { command: "echo", args: ['{"status": {"token": "from-plugin"}}'], apiVersion: "client.authentication.k8s.io/v1" };
  const config = await load(await save({ exec }));
  expect([config.credentials.kind, await config.headers(signal)]).toEqual(["renewed", { authorization: "Bearer from-plugin" }]);
});

test("what is wrong is said in the same one sentence", async () => {
  await expect(load(join(folder, "missing"))).rejects.toThrow(/^cannot read kubeconfig ".*missing": .*give a readable kubeconfig file$/);
});

test("of several files in KUBECONFIG the first that says something wins, as for helm, and one that is not there is none", async () => {
  const cluster = (server: string) => [{ name: "c", cluster: { server } }];
  const user = (token: string) => [{ name: "u", user: { token } }];
  const context = (namespace: string) => [{ name: "main", context: { cluster: "c", user: "u", namespace } }];
  const first = await part("first", { "current-context": "main", contexts: context("first"), clusters: cluster("https://first:1") });
  const second = await part("second", {
    "current-context": "other",
    contexts: [...context("second"), { name: "other", context: { cluster: "c", user: "u" } }],
    clusters: cluster("https://second:1"),
    users: user("second"),
  });
  const config = await listed([join(folder, "missing"), first, second]);
  expect([config.server, config.namespace, await config.headers(signal)]).toEqual(["https://first:1", "first", { authorization: "Bearer second" }]);
});

test("a file of KUBECONFIG that cannot be read is named, and so are files none of which is there", async () => {
  const good = await save({ token: "t" });
  const bad = await part("bad", {});
  await writeFile(bad, "clusters: [");
  await expect(listed([good, bad])).rejects.toThrow(`cannot read kubeconfig "${bad}"`);
  await expect(listed([join(folder, "no"), join(folder, "none")])).rejects.toThrow(`cannot read kubeconfig "${join(folder, "no")}"`);
});
