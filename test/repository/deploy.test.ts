import { posix } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parseYaml } from "../../src/base/json/yaml.ts";
import { fieldsOf, listOf } from "../../src/armada/readiness/fields.ts";
import { namesOf, section } from "./markdown.ts";
import { files, read } from "./tree.ts";

const BASE = "deploy/base";
const at = (value: unknown, ...path: readonly string[]): unknown => path.reduce((node, key) => fieldsOf(node)[key], value);
const base = (name: string): unknown => parseYaml(read(`${BASE}/${name}.yaml`));

const deployment = base("deployment");
const pod = at(deployment, "spec", "template");
const [container] = listOf(at(pod, "spec", "containers"));
const [term] = listOf(at(pod, "spec", "affinity", "podAntiAffinity", "preferredDuringSchedulingIgnoredDuringExecution"));
const [spread] = listOf(at(pod, "spec", "topologySpreadConstraints"));

describe("deploy/base", () => {
  test("has a line in docs/deploy.md for each file", () => {
    const documented = namesOf(section(read("docs/deploy.md"), "## What keeps it up"));
    const there = files.filter((path) => posix.dirname(path) === BASE).map((path) => posix.basename(path));
    expect(documented.toSorted()).toEqual(there.filter((name) => name !== "kustomization.yaml").toSorted());
  });

  test("applies every file", () => {
    const there = files.filter((path) => posix.dirname(path) === BASE && !path.endsWith("kustomization.yaml"));
    expect(
      listOf(at(base("kustomization"), "resources"))
        .map(String)
        .toSorted(),
    ).toEqual(there.map((path) => posix.basename(path)).toSorted());
  });

  test.each<[string, unknown]>([
    ["the Deployment", at(deployment, "spec", "selector", "matchLabels")],
    ["the disruption budget", at(base("disruption-budget"), "spec", "selector", "matchLabels")],
    ["the network policy", at(base("network-policy"), "spec", "podSelector", "matchLabels")],
    ["the anti-affinity", at(term, "podAffinityTerm", "labelSelector", "matchLabels")],
    ["the topology spread", at(spread, "labelSelector", "matchLabels")],
  ])("%s means the operator's pods", (_what, selector) => {
    expect(selector).toEqual(at(pod, "metadata", "labels"));
  });

  test("a drain leaves one of the replicas", () => {
    const replicas = Number(at(deployment, "spec", "replicas"));
    expect(replicas - Number(at(base("disruption-budget"), "spec", "maxUnavailable"))).toBeGreaterThanOrEqual(1);
  });

  test("a cluster of one node runs all replicas", () => {
    expect(at(pod, "spec", "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")).toBeUndefined();
    expect(at(spread, "whenUnsatisfiable")).toBe("ScheduleAnyway");
  });

  test("the priority is that of its class, below those of the control plane", () => {
    const priority = base("priority-class");
    expect(at(pod, "spec", "priorityClassName")).toBe(at(priority, "metadata", "name"));
    expect(Number(at(priority, "value"))).toBeLessThan(1_000_000_000);
  });

  test("probes ask for what is served, and a minute passes before a pod is restarted", () => {
    const ports = listOf(at(container, "ports")).map((port) => at(port, "name"));
    const asked = ["startupProbe", "livenessProbe", "readinessProbe"].map((name) => at(container, name, "httpGet"));
    expect(asked.map((get) => at(get, "path"))).toEqual(["/healthz", "/healthz", "/readyz"]);
    expect(ports).toEqual(expect.arrayContaining(asked.map((get) => at(get, "port"))));
    expect(
      Number(at(container, "livenessProbe", "periodSeconds")) * Number(at(container, "livenessProbe", "failureThreshold")),
    ).toBeGreaterThanOrEqual(60);
  });

  test("metrics come in and nothing else does; charts are anywhere, credentials of the node are not", () => {
    const policy = base("network-policy");
    expect(listOf(at(policy, "spec", "ingress"))).toEqual([{ ports: [{ port: "metrics" }] }]);
    const blocks = listOf(at(policy, "spec", "egress")).flatMap((rule) => listOf(at(rule, "to")).map((to) => at(to, "ipBlock")));
    expect(blocks).toEqual([
      { cidr: "0.0.0.0/0", except: ["169.254.169.254/32"] },
      { cidr: "::/0", except: ["fd00:ec2::254/128"] },
    ]);
  });

  test("the pod is confined", () => {
    expect(at(pod, "spec", "securityContext")).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(at(container, "securityContext")).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });
});
