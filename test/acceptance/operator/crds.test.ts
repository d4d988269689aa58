import { readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run } from "../../../src/base/process/process.ts";
import { parseYaml, parseYamlDocuments } from "../../../src/base/json/yaml.ts";
import { ARMADA_DOCUMENTS } from "../../testing/charts/armada-documents.ts";
import { startCluster } from "../../testing/operator/cluster.ts";
import type { Cluster } from "../../testing/operator/cluster.ts";

const root = join(import.meta.dirname, "../../..");
const folders = [
  "armada",
  "stepbystep",
  "sequenced",
  "argo",
  "gittest",
  "tartest",
  "keystone/local",
  "keystone/git",
  "keystone/sequenced",
  "keystone/argo",
] as const;

let cluster: Cluster;

/** stdout, or the error that kubectl prints without its "The X is invalid" preface. */
const kubectl = async (args: readonly string[], stdin?: object): Promise<string> => {
  const all = ["--kubeconfig", cluster.kubeconfig, "--cache-dir", join(dirname(cluster.kubeconfig), "kubectl-cache"), ...args];
  const options = { env: ownEnvironment(), graceMs: 1000, maxOutputBytes: 1_000_000, timeoutMs: 30_000, parentDeathSignal: false };
  const input = stdin === undefined ? {} : { stdin: JSON.stringify(stdin) };
  const result = await run(cluster.tools.kubectl, all, { ...options, ...input }, new AbortController().signal);
  return result.exitCode === 0 ? result.stdout : result.stderr.replaceAll(/^.*is invalid: /gmu, "");
};

const chart = (spec: object, name = "blog") => ({
  apiVersion: "armada.airshipit.org/v1alpha1",
  kind: "ArmadaChart",
  metadata: { name },
  spec: { release: "blog", source: { type: "local", location: "/charts/blog" }, ...spec },
});
const group = (spec: object) => ({ ...chart({}), kind: "ArmadaChartGroup", spec });
const manifest = (spec: object) => ({ ...chart({}), kind: "ArmadaManifest", spec });

beforeAll(async () => {
  cluster = await startCluster();
  await kubectl(["create", "-f", join(root, "crds")]);
  await kubectl(["wait", "--for=condition=Established", "--timeout=20s", "-f", join(root, "crds")]);
}, 60_000);

afterAll(async () => cluster?.stop(), 30_000);

describe("the API server", () => {
  test("accepts the schema as structural: no condition says otherwise", async () => {
    const conditions = await kubectl(["get", "crd", "-o", "jsonpath={range .items[*]}{.status.conditions[*].type} {end}"]);
    expect(conditions.trim().split(/\s+/u).toSorted()).toEqual([...Array(3).fill("Established"), ...Array(3).fill("NamesAccepted")]);
  });

  test.each(folders)("accepts examples/%s without a warning", async (folder) => {
    expect(await kubectl(["apply", "--dry-run=server", "-f", join(root, "examples", folder)])).not.toMatch(/unknown|invalid|error|warning/iu);
  });

  test("keeps every legacy field as it was written, and adds none", async () => {
    const legacy = {
      chart_name: "blog",
      release: "blog",
      namespace: "default",
      install: { no_hooks: false },
      source: {
        type: "git",
        location: "https://example.org/x",
        subpath: ".",
        reference: "main",
        auth_method: "SSH",
        proxy_server: "http://proxy.example.org",
      },
      dependencies: ["helm-toolkit"],
      values: { conf: { foo1: "bar1", list: [1, { deep: true }] }, replicas: 3, anything: "else" },
      delete: { timeout: 300 },
      upgrade: {
        no_hooks: false,
        options: { force: true, recreate_pods: true, no_hooks: false },
        pre: { create: [{ type: "job" }], delete: [{ type: "job", name: "x", labels: { application: "blog" } }], update: [{ type: "daemonset" }] },
        post: { create: [{ type: "job", name: "y" }] },
      },
      protected: {},
      test: true,
      timeout: 900,
      wait: {
        timeout: 1800,
        labels: { a: "b" },
        resources: [{ type: "pod", min_ready: "50%", required: false }, { min_ready: 1 }],
        native: { enabled: false },
      },
      target_state: "uninitialized",
      revisionHistoryLimit: 3,
    };
    const stored = await kubectl(["create", "--dry-run=server", "-o", "json", "-f", "-"], chart(legacy));
    expect(parseYaml(stored)).toMatchObject({ spec: legacy });
    expect(parseYaml(stored)).not.toHaveProperty("spec.suspend");
    expect(parseYaml(stored)).not.toHaveProperty("spec.source.interval");
  });

  test.each(Object.entries(ARMADA_DOCUMENTS))("keeps a document of Armada as it was written: %s", async (_, spec) => {
    const stored = await kubectl(["create", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-"], chart(spec));
    expect(parseYaml(stored)).toMatchObject({ spec });
  });

  test.each([
    [
      "a release name that helm refuses",
      chart({ release: "Blog_1" }),
      'spec.release: Invalid value: "Blog_1": spec.release must be a name that helm accepts: at most 53 lower case letters, digits, - and ., with a letter or digit at both ends, e.g. blog-1',
    ],
    ["a release name that is too long", chart({ release: "a".repeat(54) }), "spec.release: Too long: may not be more than 53 bytes"],
    [
      "a state that is none",
      chart({ target_state: "on" }),
      'spec.target_state: Unsupported value: "on": supported values: "uninitialized", "deployed", "uninstalled"',
    ],
    [
      "a group with a target that is no state",
      group({ chart_group: [], target_state: "deploy" }),
      'spec.target_state: Unsupported value: "deploy": supported values: "uninitialized", "deployed", "uninstalled"',
    ],
    [
      "a prefix that no release name may begin with",
      manifest({ chart_groups: [], release_prefix: "Site_" }),
      "spec.release_prefix must be empty, or lower case letters, digits, - and . with a letter or digit at both ends, e.g. site",
    ],
    [
      "a namespace that is no name of one",
      chart({ namespace: "Not_One" }),
      "spec.namespace must be empty or the name of a namespace: at most 63 lower case letters, digits and -, with a letter or digit at both ends",
    ],
    [
      "an adoption that is none",
      chart({ adoption: "yes" }),
      'spec.adoption: Unsupported value: "yes": supported values: "adopt", "fail", "overwrite"',
    ],
    [
      "an unknown kind of source",
      chart({ source: { type: "svn", location: "x" } }),
      'spec.source.type: Unsupported value: "svn": supported values: "local", "tar", "repo", "oci", "git"',
    ],
    ["a source without a place", chart({ source: { type: "local" } }), "spec.source.location: Required value"],
    ["a chart without a release", chart({ release: undefined }), "spec.release: Required value"],
    ["a group without members", group({}), "spec.chart_group: Required value"],
    ["a manifest without members", manifest({}), "spec.chart_groups: Required value"],
    [
      "a negative timeout",
      chart({ wait: { timeout: -1 } }),
      "spec.wait.timeout: Invalid value: -1: spec.wait.timeout in body should be greater than or equal to 0",
    ],
    [
      "an interval of nothing",
      chart({ source: { type: "local", location: "x", interval: 0 } }),
      "spec.source.interval in body should be greater than or equal to 1",
    ],
    ["values that are no object", chart({ values: [] }), 'spec.values in body must be of type object: "array"'],
    ["a misspelt field", chart({ targetState: "deployed" }), 'strict decoding error: unknown field "spec.targetState"'],
  ])("refuses %s with a message that names it", async (_, object, expected) => {
    expect(await kubectl(["create", "--dry-run=server", "-f", "-"], object)).toContain(expected);
  });

  test("explains every kind", async () => {
    expect(await kubectl(["explain", "act.spec.target_state"])).toContain("uninitialized: parked, nothing is");
    expect(await kubectl(["explain", "acg.spec"])).toContain("one after the other");
    expect(await kubectl(["explain", "amf.status"])).toContain("Members that are deployed");
  });
});

const patch = async (body: object, ...args: string[]) => kubectl(["patch", "act", "fixed", "--type=merge", "-p", JSON.stringify(body), ...args]);

describe("release and namespace", () => {
  const renamed =
    "spec.release: Invalid value: spec.release cannot change from blog to other while its release exists; set target_state to uninstalled first, or create another ArmadaChart";
  const moved = "spec.namespace cannot change while its release exists; set target_state to uninstalled first, or create another ArmadaChart";

  test("are free until a release exists, then fixed, and free again when it is gone", async () => {
    await kubectl(["create", "-f", "-"], chart({ release: "first" }, "fixed"));
    expect(await patch({ spec: { release: "blog", namespace: "elsewhere" } })).toContain("patched");
    expect(await patch({ spec: { namespace: null } })).toContain("patched");
    expect(await patch({ status: { release: { name: "blog", revision: 1 } } }, "--subresource=status")).toContain("patched");
    expect(await patch({ spec: { release: "other" } })).toContain(renamed);
    expect(await patch({ spec: { namespace: "elsewhere" } })).toContain(moved);
    expect(await patch({ spec: { values: { a: 1 }, target_state: "uninstalled" } })).toContain("patched");
    expect(await patch({ status: { release: null } }, "--subresource=status")).toContain("patched");
    expect(await patch({ spec: { release: "other", namespace: "elsewhere" } })).toContain("patched");
    expect(await patch({ status: { release: { revision: 1 } } }, "--subresource=status")).toContain("patched");
    expect(await patch({ spec: { namespace: null } })).toContain(moved);
  });
});

/** Fenced blocks that begin with NAME, runs of spaces as one. */
const tablesOf = (readme: string): readonly string[] =>
  [...readme.matchAll(/^```\n(NAME[\s\S]*?)^```$/gmu)].map(([, table = ""]) => table.replaceAll(/ +/gu, " ").trimEnd());

const status = (actual_state: string, more: object = {}) => ({
  status: { actual_state, target_state: actual_state, satisfied: true, waiting_for: "", ...more },
});

describe("kubectl get", () => {
  test("prints the table that the README of examples/armada ends in", async () => {
    await kubectl(["create", "namespace", "get"]);
    await kubectl(["apply", "-n", "get", "-f", join(root, "examples/armada")]);
    const members = ["act/blog-1", "act/blog-2", "acg/blog-group", "amf/simple-armada"];
    for (const member of members) {
      const ready = member.startsWith("acg") ? "2/2" : "1/1";
      const progress = member.startsWith("act") ? { reason: "UnderlyingResourcesReady" } : { progress: ready, reason: "MembersReady" };
      const body = JSON.stringify(status("deployed", progress));
      await kubectl(["patch", "-n", "get", member, "--subresource=status", "--type=merge", "-p", body]);
    }
    const printed = (await kubectl(["get", "-n", "get", "act,acg,amf"])).replaceAll(/ +/gu, " ").replaceAll(/ (AGE|\d+s)$/gmu, "");
    expect(tablesOf(await readFile(join(root, "examples/armada/README.md"), "utf8")).at(-1)).toBe(printed.trimEnd());
  });

  test("prints more about charts with -o wide", async () => {
    const header = (await kubectl(["get", "-n", "get", "act", "-o", "wide"])).split("\n")[0];
    expect(header?.replaceAll(/ {2,}/gu, "|")).toBe("NAME|STATE|TARGET STATE|SATISFIED|REASON|RELEASE|REVISION|WAITING FOR|OWNERS|AGE");
  });

  test.each(folders)("is stated by the README of examples/%s for the very objects of that folder", async (folder) => {
    const files = (await readdir(join(root, "examples", folder))).filter((name) => name.endsWith(".yaml"));
    const texts = await Promise.all(files.map((name) => readFile(join(root, "examples", folder, name), "utf8")));
    const names = texts
      .flatMap((text) => [...text.matchAll(/^kind: (\w+)\nmetadata:\n {2}name: (\S+)$/gmu)])
      .map(([, kind = "", name = ""]) => `${kind.toLowerCase()}.armada.airshipit.org/${name}`);
    const table = tablesOf(await readFile(join(root, "examples", folder, "README.md"), "utf8")).at(-1) ?? "";
    expect([...table.matchAll(/^armada\S+/gmu)].map(([name]) => name).toSorted()).toEqual(names.toSorted());
  });
});

/** What steps/steps.yaml says for charts that are enabled one after the other. */
const stepsThatEnable = (order: readonly string[]) =>
  order.map((name) => ({
    description: `enable ${name} and wait until it is deployed`,
    patch: { resource: "armadacharts", name, type: "merge", body: { ...chart({}, name), spec: { target_state: "deployed" } } },
    until: { resource: "armadacharts", name, path: "status.actual_state", equals: "deployed" },
  }));

describe("examples/argo", () => {
  test("has steps that say what its Workflow does", async () => {
    const [workflow] = parseYamlDocuments(await readFile(join(root, "examples/argo/workflow/workflow.yaml"), "utf8"));
    const steps = parseYaml(await readFile(join(root, "examples/argo/steps/steps.yaml"), "utf8"));
    const order = ["blog-1", "blog-2"];
    expect(workflow).toMatchObject({
      spec: {
        templates: [
          {
            steps: order.flatMap((name) =>
              ["enable", "deployed"].map((template) => [{ template, arguments: { parameters: [{ name: "chart", value: name }] } }]),
            ),
          },
          { name: "enable", resource: { action: "patch", mergeStrategy: "merge" } },
          { name: "deployed", resource: { action: "get", successCondition: "status.actual_state == deployed" } },
        ],
      },
    });
    expect(steps).toEqual(stepsThatEnable(order));
  });

  test("has ServiceAccount, Role and RoleBinding that the API server accepts", async () => {
    expect(await kubectl(["apply", "--dry-run=server", "-f", join(root, "examples/argo/workflow/rbac.yaml")])).not.toMatch(/error|invalid/iu);
  });
});

describe("examples/keystone/argo", () => {
  test("has steps that enable the charts in an order that its Workflow allows", async () => {
    const [workflow] = parseYamlDocuments(await readFile(join(root, "examples/keystone/argo/workflow/workflow.yaml"), "utf8"));
    const before = ["mariadb", "memcached", "rabbitmq"];
    const parameters = (value: string) => ({ arguments: { parameters: [{ name: "chart", value }] } });
    const task = (name: string) => ({ name, template: "chart", ...parameters(name) });
    const given = parameters("{{inputs.parameters.chart}}");
    expect(workflow).toMatchObject({
      spec: {
        templates: [
          { dag: { tasks: [...before.map(task), { ...task("keystone"), dependencies: before }] } },
          { name: "chart", steps: [[{ template: "enable", ...given }], [{ template: "deployed", ...given }]] },
          { name: "enable", resource: { action: "patch", mergeStrategy: "merge" } },
          { name: "deployed", resource: { action: "get", successCondition: "status.actual_state == deployed" } },
        ],
      },
    });
    const steps = parseYaml(await readFile(join(root, "examples/keystone/argo/steps/steps.yaml"), "utf8"));
    expect(steps).toEqual(stepsThatEnable([...before, "keystone"]));
  });
});
