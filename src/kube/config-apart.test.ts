import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ManualClock } from "../base/manual-clock.ts";
import { ownEnvironment, run } from "../base/process.ts";
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
