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

const bringing = (seconds: number): Reported => running("for ArmadaChart x: …", seconds, "then it goes on by itself", { reason: "MembersNotReady" });

const notReady = (what: string, seconds: number): Reported =>
  running(`for ${what}`, seconds, "deployed by itself when they are ready", { reason: "ResourcesNotReady" });

const helmRuns = running("helm install is running", 14, "then its objects must become ready", { reason: "Installing" });

const waiting = {
  observedGeneration: 1,
  actual_state: "pending",
  satisfied: false,
  reason: "WaitingForTurn",
  waiting_for: "for its turn in g",
} as const;

const broken = (message: string): Reported => ({
  observedGeneration: 1,
  actual_state: "failed",
  reason: "InstallError",
  satisfied: false,
  conditions: ready("False", 40, message),
  waiting_for: "for helm install to succeed",
  next_retry_time: ago(-8),
});

const SCHEMA = "helm install failed: values don't meet the specifications of the schema: at '/replicaCount': got string, want integer";

const failing: Reported = { observedGeneration: 1, actual_state: "error", satisfied: false, reason: "MemberFailed", conditions: ready("False", 40) };

const suspended: Reported = {
  ...running("for suspend to be false again", 300, "nothing is done to it before", { reason: "Suspended" }),
  actual_state: "deployed",
  satisfied: true,
};

const small = (first: Reported, second: Reported, of: Reported): readonly Node[] => {
  const blog = group("blog-group", ["blog-1", "blog-2"], { spec: { sequenced: true }, status: of });
  return [blog, owned(chart("blog-1", { status: first }), blog), owned(chart("blog-2", { status: second }), blog)];
};

/** A manifest over 30 groups of four charts, as far as `at`; `change`: what one group at work is instead. */
const site = (at: number, change: (index: number) => Reported, of: Reported): readonly Node[] => {
  const names = Array.from(
    { length: 30 },
    (_, index) => `ucp-${["core", "ceph", "rabbitmq", "mariadb", "keystone"][index % 5] ?? ""}-${String(index + 1)}`,
  );
  const top = manifest("full-site", names, { status: of });
  const members = names.flatMap((name, index) => {
    const charts = [0, 1, 2, 3].map((number) => `${name}-${String(number)}`);
    const status = index < at ? deployed : index === at ? of : waiting;
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
  "three-running": small(deployed, notReady("Deployment blog-2: 0 of 1 available", 12), bringing(15)),
  "three-deployed": small(deployed, deployed, deployed),
  "chart-failed": small(broken(SCHEMA), waiting, failing),
  "site-running": site(
    12,
    (number) => [deployed, notReady("DaemonSet ceph-osd: 1 of 3 ready", 12), helmRuns, deployed][number] ?? deployed,
    bringing(64),
  ),
  "site-failed": site(12, (number) => [deployed, broken(SCHEMA), helmRuns, waiting][number] ?? deployed, failing),
  "group-waiting": [
    manifest("site", ["core", "late"], { status: bringing(3) }),
    ...["core", "late"].map((name) => group(name, [`${name}-1`], { status: name === "core" ? bringing(3) : waiting })),
    chart("core-1", { status: helmRuns }),
    chart("late-1", { spec: { target_state: "uninitialized" }, status: waiting }),
  ],
  suspended: [
    group("g", ["a", "b"], { status: { ...suspended, satisfied: false } }),
    chart("a", { status: suspended }),
    chart("b", { status: waiting }),
  ],
  deletion: [
    group("g", ["a", "b"], {
      ...leaving,
      status: running("for ArmadaChart b to be gone", 20, "then this object goes", { reason: "RemovingMembers" }),
    }),
    chart("a", { status: deployed }),
    chart("b", { ...leaving, status: running("for 2 pods of release b to end", 18, "then the release is gone", { reason: "Uninstalling" }) }),
  ],
  "free-charts": [
    ...small(deployed, deployed, deployed),
    chart("hello", { status: notReady("Deployment hello-testchart: 1 of 2 available", 5) }),
    chart("other", { status: deployed }),
    chart("unseen"),
    chart("parked", { status: { ...deployed, actual_state: "uninitialized", reason: "Parked" } }),
  ],
  namespaces: [
    manifest("site", ["g"], { status: bringing(9) }),
    group("g", ["a", "b"], { status: bringing(9) }),
    elsewhere("site", "a", deployed),
    { ...owned(elsewhere("team", "b", notReady("Deployment b: 0 of 1 available", 9)), group("g", [])), spec: chart("b").spec },
    elsewhere("team", "alone", deployed),
  ],
  "many-free": Array.from({ length: 150 }, (_, index) =>
    chart(`app-${String(index)}`, { status: index % 25 === 7 ? broken(SCHEMA) : index % 10 === 3 ? helmRuns : deployed }),
  ),
};
