import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { startBadDays, type BadDays } from "../../testing/charts/bad-days.ts";
import { CONFIG_MAP, DEPLOYMENT } from "../../testing/charts/chart-folder.ts";
import { DEPLOYED } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { group } from "../../testing/estate/objects.ts";

jest.setTimeout(60_000);

let site: BadDays;
let space: Space;

const HELD = { metadata: { finalizers: ["example.org/held"] } };
const FREE = { metadata: { finalizers: null } };
const CLUSTER_ROLE = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "{{ .Release.Namespace }}-{{ .Release.Name }}"}
rules: []
`;
/** Every five seconds, while what a vanished record left terminates. */
const LOOKS_AT_ALL_KINDS = 250;
const named = (kind: string): string => `apiVersion: v1\nkind: ${kind}\nmetadata: {name: {{ .Release.Name }}}\n`;

beforeAll(async () => {
  site = await startBadDays(
    async (charts) => {
      await charts.write("text", { "map.yaml": CONFIG_MAP });
      await charts.write("wide", { "map.yaml": CONFIG_MAP, "role.yaml": CLUSTER_ROLE });
      await charts.write("web", { "map.yaml": CONFIG_MAP, "deployment.yaml": DEPLOYMENT });
      const account = DEPLOYMENT.replace("terminationGracePeriodSeconds: 0", "terminationGracePeriodSeconds: 0, serviceAccountName: robot");
      await charts.write("robot", { "deployment.yaml": account });
      await charts.write("own", { "secret.yaml": named("Secret"), "account.yaml": named("ServiceAccount") });
    },
    {
      flags: ["--cross-namespace=allow", "--cluster-scoped=allow"],
      allowed: [
        {
          apiGroups: ["rbac.authorization.k8s.io"],
          resources: ["clusterroles"],
          verbs: ["get", "list", "watch", "create", "patch", "delete"],
        },
      ],
    },
  );
  space = await site.space();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const create = (object: object): Promise<string> => site.cluster.kubectl(["create", "-f", "-"], JSON.stringify(object));

describe("a chart that a foreign controller owns", () => {
  test("is left alone, the group names the controller, and goes on when it lets the chart go", async () => {
    const owner = await space.patch("Namespace", space.namespace, {});
    await space.apply("member", { chart: "text", target_state: "uninitialized" });
    const reference = { apiVersion: "v1", kind: "Namespace", name: space.namespace, uid: owner.metadata.uid, controller: true };
    await space.patch("ArmadaChart", "member", { metadata: { ownerReferences: [reference] } });
    const definition = group("foreign", ["member"]);
    await create({ ...definition, metadata: { ...definition.metadata, namespace: space.namespace } });
    const says = expect.stringContaining(`Namespace ${space.namespace}`);
    await groupStatus("foreign", { actual_state: "error", reason: "MemberConflict", waiting_for: says });
    await site.calm();
    await space.patch("ArmadaChart", "member", { metadata: { ownerReferences: null } });
    await groupStatus("foreign", { actual_state: "deployed", satisfied: true });
  });
});

const groupStatus = (name: string, status: object): Promise<void> =>
  eventually(`status of ${name}`, async () => expect(await space.get("ArmadaChartGroup", name)).toMatchObject({ status }));

describe("a namespace that is being deleted", () => {
  test("with its chart: what is removed and still there is said, and objects of the release outside go, too", async () => {
    const doomed = await site.space();
    await doomed.apply("doomed", { chart: "wide" });
    await doomed.status("doomed", DEPLOYED);
    // Held, so that there is time to look: the Secret goes first, the chart last.
    await doomed.patch("ConfigMap", "doomed", HELD);
    await doomed.remove("Namespace", doomed.namespace);
    const says = expect.stringMatching(/ConfigMap doomed(?:, .*)? to be deleted.*namespace \S+ is being deleted/);
    await doomed.status("doomed", { reason: "Uninstalling", satisfied: false, waiting_for: says });
    await eventually("the ClusterRole is gone", async () => expect(await doomed.get("ClusterRole", `${doomed.namespace}-doomed`)).toBeUndefined());
    await site.calm({ requests: LOOKS_AT_ALL_KINDS });
    await doomed.patch("ConfigMap", "doomed", FREE);
    await doomed.gone("doomed");
    await eventually("the namespace is gone", async () => expect(await doomed.get("Namespace", doomed.namespace)).toBeUndefined());
  });

  test("without its chart: that is said, and the release is installed again when it is gone", async () => {
    const other = await site.space();
    await space.apply("afar", { chart: "wide", namespace: other.namespace });
    await space.status("afar", DEPLOYED);
    await other.patch("ConfigMap", "afar", HELD);
    await other.remove("Namespace", other.namespace);
    const says = expect.stringContaining(`for namespace ${other.namespace} to finish terminating`);
    await space.status("afar", { actual_state: "pending", reason: "NamespaceTerminating", satisfied: false, waiting_for: says });
    await site.calm();
    await other.patch("ConfigMap", "afar", FREE);
    await space.status("afar", { ...DEPLOYED, release: { revision: 1 } });
    expect(await other.get("ConfigMap", "afar")).toBeDefined();
  });
});

/** What a kubelet would say of the one pod of a workload. */
const podIs = async (name: string, ready: boolean, state: object, lastState: object = {}): Promise<string> => {
  const pod = await eventually(`${name} has a pod`, async () => {
    const found = (await space.list("Pod")).find(({ metadata }) => metadata.name.startsWith(`${name}-`));
    expect(found).toMatchObject({ status: { phase: "Running" } });
    return found?.metadata.name ?? "";
  });
  const condition = { status: ready ? "True" : "False", lastTransitionTime: new Date().toISOString() };
  const container = { name: "c", image: "x", imageID: "", restartCount: 3, ready, state, lastState };
  const status = {
    conditions: ["Ready", "ContainersReady"].map((type) => ({ type, ...condition })),
    containerStatuses: [container],
  };
  await site.cluster.kubectl(["-n", space.namespace, "patch", "pod", pod, "--subresource=status", "-p", JSON.stringify({ status })]);
  return pod;
};

describe("a pod that does not run", () => {
  const crashed = { terminated: { exitCode: 1, reason: "Error", startedAt: null, finishedAt: null } };
  test.each<[string, object, object, string]>([
    ["crashes", { waiting: { reason: "CrashLoopBackOff" } }, crashed, "CrashLoopBackOff, last exit code 1"],
    ["image", { waiting: { reason: "ImagePullBackOff", message: 'Back-off pulling image "x"' } }, {}, 'ImagePullBackOff: Back-off pulling image "x"'],
    ["secret", { waiting: { reason: "CreateContainerConfigError", message: 'secret "db" not found' } }, {}, 'secret "db" not found'],
  ])("for want of %s: said with pod and reason at the deadline, and deployed by itself in the same revision", async (name, state, last, says) => {
    await space.apply(name, { chart: "web", wait: { timeout: 1 } });
    await eventually("deployed or late", async () => expect((await space.chart(name))?.status?.release?.revision).toBe(1));
    const pod = await podIs(name, false, state, last);
    const waiting = expect.stringMatching(new RegExp(`Deployment ${name}: 0 of 1 pods available.*Pod ${pod}: container c: .*${says}`));
    await space.status(name, { actual_state: "failed", reason: "WaitTimeout", waiting_for: waiting });
    await site.calm();
    await podIs(name, true, { running: {} });
    await space.status(name, { ...DEPLOYED, release: { revision: 1 } });
  });

  test("because its ServiceAccount is gone: said as the API server says it, and deployed by itself when it is back", async () => {
    // The admission plugin that looks accounts up is off here: a policy says in its place what it would say.
    const message = `error looking up service account ${space.namespace}/robot: serviceaccount "robot" not found`;
    const api = "admissionregistration.k8s.io/v1";
    const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }];
    const policy = {
      matchConstraints: { resourceRules: rules },
      validations: [{ expression: "object.spec.serviceAccountName != 'robot'", message }],
    };
    await create({ apiVersion: api, kind: "ValidatingAdmissionPolicy", metadata: { name: "accounts" }, spec: policy });
    const binding = { policyName: "accounts", validationActions: ["Deny"] };
    await create({ apiVersion: api, kind: "ValidatingAdmissionPolicyBinding", metadata: { name: "accounts" }, spec: binding });
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { serviceAccountName: "robot", containers: [{ name: "c", image: "x" }] },
    };
    await eventually("pods are refused", () =>
      expect(site.cluster.kubectl(["create", "--dry-run=server", "-f", "-"], JSON.stringify(pod))).rejects.toThrow("robot"),
    );
    await space.apply("robot", { chart: "robot", wait: { timeout: 1 } });
    await space.status("robot", { actual_state: "failed", reason: "WaitTimeout", waiting_for: expect.stringContaining(message) });
    await site.calm();
    await site.cluster.kubectl(["delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", "accounts"]);
    await space.status("robot", { ...DEPLOYED, release: { revision: 1 } });
  });
});

describe("a Secret or ServiceAccount of the release that was deleted", () => {
  test("is put back, and said, in the same revision", async () => {
    await space.apply("own", { chart: "own" });
    await space.status("own", DEPLOYED);
    for (const kind of ["Secret", "ServiceAccount"]) {
      await space.remove(kind, "own");
      await eventually(`${kind} is back`, async () => expect(await space.get(kind, "own")).toBeDefined());
      await space.told("own", "Restored", `${kind} own`);
    }
    await space.status("own", { ...DEPLOYED, release: { revision: 1 } });
    await site.calm();
  });
});

test("one operator lived through all of it without a stack, and no unsatisfied chart was silent", async () => {
  await site.lived();
  expect(site.silentMoments()).toEqual([]);
});
