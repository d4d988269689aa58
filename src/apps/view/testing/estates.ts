import type { ArmadaChartStatus } from "../../../armada/api/chart.ts";
import type { ArmadaChartGroupStatus } from "../../../armada/api/group.ts";
import type { Node } from "../../../armada/estate/estate.ts";
import { chart, group, manifest, owned } from "../../../armada/testing/estate.ts";
import { rfc3339 } from "../../../base/time/clock.ts";

export const NOW_MS = Date.parse("2026-03-01T12:00:00Z");

const ago = (seconds: number): string => rfc3339(NOW_MS - seconds * 1000);

type Reported = ArmadaChartStatus & ArmadaChartGroupStatus;

const ready = (status: "True" | "False", seconds: number, message = "") =>
  [{ type: "Ready", status, message, lastTransitionTime: ago(seconds) }] as const;

const deployed = { observedGeneration: 1, actual_state: "deployed", satisfied: true, conditions: ready("True", 90) } as const satisfies Reported;

const running = (what: string, seconds: number, next: string, more: Reported = {}): Reported => ({
  observedGeneration: 1,
  actual_state: "running",
  satisfied: false,
  conditions: ready("False", seconds),
  waiting_for: `${what}, since ${ago(seconds)}; ${next}`,
  ...more,
});

const bringing = (seconds: number, member: string, next: string): Reported =>
  running(`for ${member}: helm install is running`, seconds, next, { reason: "MembersNotReady" });

const followedBy = (member: string): string => `${member} will have its turn`;
const last = (kind: string): string => `this ${kind} will be deployed when every member is`;

const notReady = (what: string, seconds: number): Reported =>
  running(`for ${what}`, seconds, `will fail at ${ago(seconds - 900)} (wait.timeout)`, { reason: "ResourcesNotReady" });

const helmRuns: Reported = {
  ...running("", 14, "", { reason: "Installing" }),
  waiting_for: `helm install is running (since ${ago(14)}); next: wait for its objects to become ready`,
};

const waiting = {
  observedGeneration: 1,
  actual_state: "uninitialized",
  satisfied: false,
  reason: "WaitingForTurn",
  waiting_for: `for its turn in ArmadaChartGroup g, since ${ago(90)}; then it is enabled`,
} as const;

const broken = (message: string): Reported => ({
  observedGeneration: 1,
  actual_state: "failed",
  reason: "InstallError",
  satisfied: false,
  conditions: ready("False", 40, message),
  waiting_for: `${message} (since ${ago(40)}); next try at ${ago(-8)}, and immediately on any change`,
  next_retry_time: ago(-8),
});

const SCHEMA = "helm install failed: values don't meet the specifications of the schema: at '/replicaCount': got string, want integer";

const failing: Reported = {
  observedGeneration: 1,
  actual_state: "error",
  satisfied: false,
  reason: "MemberFailed",
  conditions: ready("False", 40),
  waiting_for: `ArmadaChart x: ${broken(SCHEMA).waiting_for ?? ""}`,
};

const suspended = running("for spec.suspend to become false", 300, "it will continue where it stopped", { reason: "Suspended" });

const small = (first: Reported, second: Reported, of: Reported): readonly Node[] => {
  const blog = group("blog-group", ["blog-1", "blog-2"], { spec: { sequenced: true }, status: of });
  return [blog, owned(chart("blog-1", { status: first }), blog), owned(chart("blog-2", { status: second }), blog)];
};

/** A manifest over 30 groups of four charts, as far as `at`; `change`: what one group at work is instead. */
const site = (at: number, change: (index: number) => Reported, of: (kind: string) => Reported): readonly Node[] => {
  const names = Array.from(
    { length: 30 },
    (_, index) => `ucp-${["core", "ceph", "rabbitmq", "mariadb", "keystone"][index % 5] ?? ""}-${String(index + 1)}`,
  );
  const top = manifest("full-site", names, { status: of("ArmadaChartGroup") });
  const members = names.flatMap((name, index) => {
    const charts = [0, 1, 2, 3].map((number) => `${name}-${String(number)}`);
    const status = index < at ? deployed : index === at ? of("ArmadaChart") : waiting;
    const own = owned(group(name, charts, { status }), top);
    return [
      own,
      ...charts.map((each, number) => owned(chart(each, { status: index < at ? deployed : index === at ? change(number) : waiting }), own)),
    ];
  });
  return [top, ...members];
};

const elsewhere = (namespace: string, name: string, status: Reported) =>
  chart(name, { metadata: { namespace, uid: `uid-${namespace}-${name}` }, status });

const leaving = { metadata: { deletionTimestamp: ago(20) } };

/** Estates as a person meets them. */
export const ESTATES: Readonly<Record<string, readonly Node[]>> = {
  "three-running": small(
    deployed,
    notReady("Deployment blog-2: 0 of 1 pods available", 12),
    bringing(15, "ArmadaChart blog-2", last("ArmadaChartGroup")),
  ),
  "three-deployed": small(deployed, deployed, deployed),
  "chart-failed": small(broken(SCHEMA), waiting, failing),
  "site-running": site(
    12,
    (number) => [deployed, notReady("DaemonSet ceph-osd: 1 of 3 pods available", 12), helmRuns, deployed][number] ?? deployed,
    (kind) => bringing(64, `${kind} x`, followedBy(`${kind} y`)),
  ),
  "site-failed": site(
    12,
    (number) => [deployed, broken(SCHEMA), helmRuns, waiting][number] ?? deployed,
    () => failing,
  ),
  "group-waiting": [
    manifest("site", ["core", "late"], { status: bringing(3, "ArmadaChartGroup core: ArmadaChart core-1", followedBy("ArmadaChartGroup late")) }),
    group("core", ["core-1"], { status: bringing(3, "ArmadaChart core-1", last("ArmadaChartGroup")) }),
    group("late", ["late-1"], { status: waiting }),
    chart("core-1", { status: helmRuns }),
    chart("late-1", { spec: { target_state: "uninitialized" }, status: waiting }),
  ],
  suspended: [
    group("g", ["a", "b", "c"], { status: suspended }),
    chart("a", { status: suspended }),
    chart("b", { status: { ...deployed, reason: "Suspended" } }),
    chart("c", { status: waiting }),
  ],
  deletion: [
    group("g", ["a", "b"], {
      ...leaving,
      status: running("for ArmadaChart b to be deleted", 20, "this object will be removed then", { reason: "RemovingMembers" }),
    }),
    chart("a", { status: deployed }),
    chart("b", {
      ...leaving,
      status: running("for Pod b-0, Pod b-1 to be deleted", 18, `will be reported as late at ${ago(-282)}`, { reason: "Uninstalling" }),
    }),
  ],
  "free-charts": [
    ...small(deployed, deployed, deployed),
    chart("hello", { status: notReady("Deployment hello-testchart: 1 of 2 pods available", 5) }),
    chart("other", { status: deployed }),
    chart("unseen"),
    chart("parked", { status: { ...deployed, actual_state: "uninitialized", reason: "Parked" } }),
  ],
  namespaces: [
    manifest("site", ["g"], { status: bringing(9, "ArmadaChartGroup g: ArmadaChart b", last("ArmadaManifest")) }),
    group("g", ["a", "b"], { status: bringing(9, "ArmadaChart b", last("ArmadaChartGroup")) }),
    elsewhere("site", "a", deployed),
    { ...owned(elsewhere("team", "b", notReady("Deployment b: 0 of 1 pods available", 9)), group("g", [])), spec: chart("b").spec },
    elsewhere("team", "alone", deployed),
  ],
  "many-free": Array.from({ length: 150 }, (_, index) =>
    chart(`app-${String(index)}`, { status: index % 25 === 7 ? broken(SCHEMA) : index % 10 === 3 ? helmRuns : deployed }),
  ),
};
