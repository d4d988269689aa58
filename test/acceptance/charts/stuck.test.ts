import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { CONFIG_MAP, DEPLOYMENT, hookJob } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { allowCharts } from "../../testing/operator/rights.ts";

jest.setTimeout(120_000);

let site: ChartSite;
let space: Space;

const POLICY = `
{{- if .Values.policy }}
apiVersion: stuck.example.org/{{ .Values.version | default "v1" }}
kind: {{ .Values.policy }}
metadata: {name: {{ .Release.Name }}}
{{- end }}
`;
const definition = (kind: string) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${kind.toLowerCase()}s.stuck.example.org` },
  spec: {
    group: "stuck.example.org",
    names: { kind, plural: `${kind.toLowerCase()}s` },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
});
/** Values of some size, and an object that the API server refuses while `port` is too large. */
const PORT = `
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {ports: [{port: {{ .Values.port }}}]}
`;
const DROPPED = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-late
  annotations:
    helm.sh/hook: {{ "post-instal" }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: definitions, annotations: {helm.sh/hook: crd-install}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: misspelt, annotations: {helm.sh/hook: "post-upgrad"}}
`;

/** One of the last attempts. */
const attempt = (entry: object): unknown => expect.arrayContaining([expect.objectContaining(entry)]);

const define = async (kind: string): Promise<void> => {
  await site.cluster.kubectl(["apply", "-f", "-"], JSON.stringify(definition(kind)));
  await site.cluster.kubectl(["wait", "--for=condition=Established", "--timeout=20s", `crd/${kind.toLowerCase()}s.stuck.example.org`]);
};

/** The definition goes, and helm hears of it: what it remembers of the API server may be some seconds old. */
const undefine = async (kind: string): Promise<void> => {
  await site.cluster.kubectl(["delete", "crd", `${kind.toLowerCase()}s.stuck.example.org`, "--timeout=30s"]);
  await eventually("the kind is not served", async () =>
    expect(await site.cluster.kubectl(["api-resources", "--api-group=stuck.example.org"])).not.toContain(kind),
  );
};

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("policy", { "map.yaml": CONFIG_MAP, "deployment.yaml": DEPLOYMENT, "policy.yaml": POLICY });
    await charts.write("port", { "map.yaml": CONFIG_MAP, "port.yaml": PORT });
    await charts.write("text", { "map.yaml": CONFIG_MAP });
    await charts.write("farewell", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-delete") });
    await charts.write("dropped", { "map.yaml": CONFIG_MAP, "dropped.yaml": DROPPED });
    await charts.write("nested", {
      "map.yaml": CONFIG_MAP,
      "list.yaml":
        "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: List\n    items:\n      - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
    });
    await charts.write("nameless", { "map.yaml": CONFIG_MAP.replace("{{ .Release.Name }}", '""') });
    await charts.write("huge", {
      "map.yaml": CONFIG_MAP,
      "huge.yaml": `${POLICY.replace("{{- end }}", "")}spec: {x: {{ repeat 1700000 "x" }} }\n{{- end }}`,
    });
  });
  const verbs = ["get", "list", "watch", "create", "patch", "delete"];
  await allowCharts(site.cluster, "charts-with-kinds-of-their-own", [{ apiGroups: ["stuck.example.org"], resources: ["*"], verbs }]);
  await site.start();
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

describe("a kind that is served no more", () => {
  test("does not hold up a removal: the rest goes, and the kind is named", async () => {
    await define("Gadget");
    await space.apply("leaving", { chart: "policy", values: { policy: "Gadget" } });
    await space.status("leaving", DEPLOYED);
    await undefine("Gadget");
    await space.apply("other", { chart: "text" });
    await space.status("other", DEPLOYED);
    await space.deleteChart("leaving");
    await space.gone("leaving", 60_000);
    expect([await space.get("ConfigMap", "leaving"), await space.get("Deployment", "leaving"), await space.revisions("leaving")]).toEqual([
      undefined,
      undefined,
      [],
    ]);
    await space.told("leaving", "APIServerWarning", "no longer serves stuck.example.org/v1 Gadget: Gadget leaving is removed");
  });

  test("does not hold up an upgrade to a chart without it", async () => {
    await define("Policy");
    await space.apply("without", { chart: "policy", values: { policy: "Policy", text: "one" } });
    await space.status("without", DEPLOYED);
    await site.cluster.kubectl(["delete", "crd", "policys.stuck.example.org", "--timeout=30s"]);
    await space.apply("without", { chart: "policy", values: { text: "two" } });
    const { warnings = [] } = await space.status("without", { ...DEPLOYED, release: { revision: 2 } }, 60_000);
    expect(await space.get("ConfigMap", "without")).toMatchObject({ data: { text: "two" } });
    expect(warnings.join()).toMatch(/Policy without is removed|^$/);
    await space.deleteChart("without");
    await space.gone("without");
  });

  test("but moved to another version of its group holds up neither upgrade nor removal, and the object stays the same", async () => {
    await define("Mover");
    await space.apply("moving", { chart: "policy", values: { policy: "Mover", text: "one" } });
    await space.status("moving", DEPLOYED);
    const uid = async (): Promise<string> =>
      site.cluster.kubectl(["-n", space.namespace, "get", "movers.v2.stuck.example.org", "moving", "-o", "jsonpath={.metadata.uid}"]);
    const [v1] = definition("Mover").spec.versions;
    const versions = [
      { ...v1, served: false, storage: false },
      { ...v1, name: "v2" },
    ];
    await site.cluster.kubectl(["patch", "crd", "movers.stuck.example.org", "--type=merge", "-p", JSON.stringify({ spec: { versions } })]);
    await eventually("the second version is served alone", async () =>
      expect(await site.cluster.kubectl(["get", "--raw", "/apis/stuck.example.org"])).toMatch(/"groupVersion":"stuck.example.org\/v2"/),
    );
    const before = await uid();
    await space.apply("moving", { chart: "policy", values: { policy: "Mover", version: "v2", text: "two" } });
    await space.status("moving", DEPLOYED, 60_000);
    expect([await uid(), (await space.get("ConfigMap", "moving"))?.["data"]]).toEqual([before, { text: "two" }]);
    await space.deleteChart("moving");
    await space.gone("moving", 60_000);
    await expect(uid()).rejects.toThrow("not found");
  });

  test("is waited for while the chart wants it", async () => {
    await define("Wanted");
    await space.apply("wanting", { chart: "policy", values: { policy: "Wanted", text: "one" } });
    await space.status("wanting", DEPLOYED);
    await undefine("Wanted");
    await space.apply("wanting", { chart: "policy", values: { policy: "Wanted", text: "two" } });
    const status = await space.status("wanting", { actual_state: "failed", reason: "UpdateError", history: attempt({ class: "transient" }) }, 60_000);
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: "Stalled", status: "False" }));
    await define("Wanted");
    await space.request("wanting");
    await space.status("wanting", DEPLOYED, 60_000);
    expect(await space.get("ConfigMap", "wanting")).toMatchObject({ data: { text: "two" } });
  });
});

describe("a removal that is refused", () => {
  test("says so in the words of who refuses, with the object, as a warning, and goes on when it is allowed", async () => {
    const policy = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "keep" },
      spec: {
        matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["DELETE"], resources: ["configmaps"] }] },
        validations: [{ expression: "oldObject.metadata.name != 'guarded'", message: "guarded maps stay where they are" }],
      },
    };
    const binding = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: "keep" },
      spec: { policyName: "keep", validationActions: ["Deny"] },
    };
    await site.cluster.kubectl(["apply", "-f", "-"], [policy, binding].map((object) => JSON.stringify(object)).join("\n---\n"));
    await space.apply("guarded", { chart: "text" });
    await space.status("guarded", DEPLOYED);
    await eventually("the policy counts", async () => {
      const refused = site.cluster.kubectl(["-n", space.namespace, "delete", "configmap", "guarded", "--dry-run=server"]);
      await expect(refused).rejects.toThrow("stay where they are");
    });
    await space.deleteChart("guarded");
    const status = await space.status("guarded", {
      reason: "UninstallError",
      history: attempt({ action: "uninstall", reason: "Rejected", class: "terminal" }),
    });
    const says = expect.stringMatching(/^configmaps "guarded" is forbidden: .*guarded maps stay where they are/);
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: "Stalled", status: "True", message: says }));
    await eventually("a warning tells of it", async () =>
      expect(await space.events("guarded")).toContainEqual(expect.objectContaining({ type: "Warning", reason: "UninstallError", note: says })),
    );
    await site.cluster.kubectl(["delete", "validatingadmissionpolicybinding/keep", "validatingadmissionpolicy/keep"]);
    await eventually("the policy is gone", () => site.cluster.kubectl(["-n", space.namespace, "delete", "configmap", "guarded", "--dry-run=server"]));
    await space.request("guarded");
    await space.gone("guarded");
  });
});

describe("a pre-delete hook that never succeeds", () => {
  const HANGING = { chart: "farewell", values: { node: { never: "yes" } }, delete: { timeout: 1 } };
  const stuck = async (name: string): Promise<string> => {
    await space.apply(name, HANGING);
    await space.status(name, DEPLOYED);
    await space.deleteChart(name);
    const status = await space.status(name, { reason: "UninstallError", history: attempt({ reason: "HookFailed" }) }, 60_000);
    return status.conditions?.find(({ type }) => type === "Ready")?.message ?? "";
  };

  test("is named, with the ways around it; one of them leaves the release", async () => {
    const message = await stuck("hung");
    expect(message).toMatch(
      /^Job hung-hook: timed out waiting for the hook to complete; to remove it without its hooks: helm -n \S+ uninstall hung --no-hooks; /,
    );
    expect(message).toContain(`kubectl -n ${space.namespace} patch act hung --type merge -p '{"spec":{"deletion_policy":"orphan"}}'`);
    await site.cluster.kubectl(["-n", space.namespace, "patch", "act", "hung", "--type", "merge", "-p", '{"spec":{"deletion_policy":"orphan"}}']);
    await space.gone("hung");
    expect(await space.get("ConfigMap", "hung")).toBeDefined();
    expect(await space.helm("list", "-aq", "--filter", "^hung$")).toContain("hung");
  });

  test("and the other removes it", async () => {
    await stuck("hangs");
    await space.helm("uninstall", "hangs", "--no-hooks");
    await space.gone("hangs");
    expect(await space.get("ConfigMap", "hangs")).toBeUndefined();
  });
});

describe("a release that was never deployed", () => {
  test("keeps to its history limit", async () => {
    for (let time = 1; time <= 8; time += 1) {
      await space.apply("limited", { chart: "port", values: { text: `t${String(time)}`, port: 99_999 }, revisionHistoryLimit: 3 });
      await space.status("limited", { actual_state: "failed", release: { revision: time } });
    }
    expect(await space.revisions("limited")).toEqual(["v8 failed", "v7 failed", "v6 failed"]);
    await space.apply("limited", { chart: "port", values: { port: 80 }, revisionHistoryLimit: 3 });
    await space.status("limited", DEPLOYED);
    expect((await space.revisions("limited")).length).toBeLessThanOrEqual(3);
  });
});

describe("an object whose hook helm does not know", () => {
  test("is a warning with object and hook", async () => {
    await space.apply("dropped", { chart: "dropped" });
    const { conditions } = await space.status("dropped", DEPLOYED);
    const message = conditions?.find(({ type }) => type === "Warnings")?.message ?? "";
    expect(message).toContain(
      'helm has no hook "crd-install" and ignores the objects annotated with it: ConfigMap definitions (templates/dropped.yaml)',
    );
    expect(message).toContain(
      'helm has no hook "post-upgrad" and ignores the objects annotated with it: ConfigMap misspelt (templates/dropped.yaml)',
    );
    expect(message).toContain('helm has no hook "post-instal"');
    await space.told("dropped", "APIServerWarning", "ConfigMap misspelt");
  });
});

describe("what helm says of a chart that cannot be installed", () => {
  test.each([
    ["nested", {}, "Rejected", "List (templates/list.yaml)"],
    ["nameless", {}, "Rejected", 'ConfigMap "" in namespace'],
    ["huge", { policy: "Giant" }, "TooLarge", "the largest is Giant huge, "],
  ])("%s is stalled, with the object", async (chart, values, reason, says) => {
    if ("policy" in values) await define(values.policy);
    await space.apply(chart, { chart, values });
    const status = await space.status(chart, { actual_state: "failed", reason: "InstallError", history: attempt({ reason, class: "terminal" }) });
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: "Stalled", status: "True", message: expect.stringContaining(says) }));
  });
});
