import { CHARTS } from "../../src/armada/api/chart.ts";
import { GROUPS } from "../../src/armada/api/group.ts";
import { MANIFESTS } from "../../src/armada/api/manifest.ts";
import { PODS } from "../../src/armada/chart/objects/release-pods.ts";
import { fieldsOf, listOf, type Fields } from "../../src/armada/readiness/fields.ts";
import { parseLabels } from "../../src/helm/record/labels.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import type { DynamicObject, Resource } from "../../src/runtime/object.ts";

const core = { group: "", version: "v1", namespaced: true } as const;
const CONFIG_MAPS: Resource = { ...core, plural: "configmaps", kind: "ConfigMap" };
const SECRETS: Resource = { ...core, plural: "secrets", kind: "Secret" };
const DEPLOYMENTS: Resource = { group: "apps", version: "v1", plural: "deployments", kind: "Deployment", namespaced: true };
const JOBS: Resource = { group: "batch", version: "v1", plural: "jobs", kind: "Job", namespaced: true };

/** What a namespace holds in the end, one line a fact, sorted, without what differs from run to run: times, uids, numbers of revisions. */
export type EndState = readonly string[];

export const endStateOf = async (api: KubeClient, namespace: string, signal: AbortSignal): Promise<EndState> => {
  const list = (resource: Resource): Promise<readonly DynamicObject[]> => api.list(resource, { namespace }, signal);
  const [nodes, secrets, maps, deployments, jobs, pods] = await Promise.all([
    Promise.all([CHARTS, GROUPS, MANIFESTS].map(list)).then((lists) => lists.flat()),
    list(SECRETS),
    list(CONFIG_MAPS),
    list(DEPLOYMENTS),
    list(JOBS),
    list(PODS),
  ]);
  const facts = [
    ...nodes.map((node) => factOf(node, { spec: node["spec"], ...nodeFacts(node) })),
    ...releaseFacts(secrets, nodes),
    ...maps.filter(({ metadata }) => metadata.name !== "kube-root-ca.crt").map((map) => factOf(map, { data: map["data"] })),
    ...deployments.map((object) => factOf(object, { spec: object["spec"], ready: fieldsOf(object["status"])["readyReplicas"] })),
    ...jobs.map((object) => factOf(object, { succeeded: fieldsOf(object["status"])["succeeded"] })),
    ...podFacts(pods),
  ];
  return facts.map((fact) => withoutChance(fact, namespace, nodes)).toSorted();
};

const factOf = ({ kind, metadata: { name, labels, annotations, finalizers, ownerReferences } }: DynamicObject, more: object): string => {
  const { "deployment.kubernetes.io/revision": _rollout, ...said } = annotations ?? {};
  return `${kind}/${name} ${JSON.stringify({ labels, annotations: said, finalizers, ownerReferences, ...more })}`;
};

/** These conditions are always there; another that is not true tells only of the way. */
const LASTING = ["Ready", "Reconciling", "Stalled"];

const nodeFacts = (node: DynamicObject): Fields => {
  const { history: _history, conditions, release, ...status } = fieldsOf(node["status"]);
  const { revision: _revision, ready_revision: _ready, inputs_digest: _inputs, spec_digest: _spec, ...named } = fieldsOf(release);
  const shown = listOf(conditions)
    .map(fieldsOf)
    .filter(({ type, status: is }) => is === "True" || LASTING.includes(String(type)))
    .map(({ resourceVersion: _version, lastTransitionTime: _time, ...condition }) => condition)
    .toSorted((a, b) => String(a["type"]).localeCompare(String(b["type"])));
  return { generation: node.metadata.generation, terminating: node.metadata.deletionTimestamp !== undefined, status, named, conditions: shown };
};

/** Of each release its newest revision, and every revision that helm would take for locked. */
const releaseFacts = (secrets: readonly DynamicObject[], nodes: readonly DynamicObject[]): readonly string[] => {
  const records = secrets
    .map(({ metadata: { labels = {} } }) => labels)
    .filter(({ owner }) => owner === "helm")
    .toSorted((a, b) => Number(b["version"]) - Number(a["version"]));
  const newest = new Map(records.toReversed().map((record) => [record["name"] ?? "", record]));
  const locked = records.filter(({ status = "" }) => status.startsWith("pending-") || status === "uninstalling");
  return [
    ...[...newest].map(([name, labels]) => `release ${name} ${JSON.stringify(recordFacts(labels, nodes))}`),
    ...locked.map(({ name = "", version = "", status = "" }) => `locked: release ${name} v${version} is ${status}`),
  ];
};

/** Status and Secret speak of the same revision and the same inputs. */
const recordFacts = (labels: Readonly<Record<string, string>>, nodes: readonly DynamicObject[]): object => {
  const ours = parseLabels(labels);
  const owner = nodes.find(({ metadata }) => metadata.uid === ours?.owner);
  const release = fieldsOf(fieldsOf(owner?.["status"])["release"]);
  return {
    status: labels["status"],
    owner: owner?.metadata.name ?? ours?.owner,
    labelsCurrent: String(ours?.revision) === labels["version"],
    inputsTold: release["inputs_digest"] === ours?.inputs,
    revisionTold: String(release["revision"]) === labels["version"],
    readyTold: String(release["ready_revision"]) === labels["version"],
  };
};

/** How many there are of each workload, and in which phase. */
const podFacts = (pods: readonly DynamicObject[]): readonly string[] => {
  const counts = new Map<string, number>();
  for (const { metadata, status } of pods) {
    const owner = metadata.ownerReferences?.[0];
    const fact = `pods of ${owner?.kind ?? "nobody"} ${owner?.name ?? ""} ${String(fieldsOf(status)["phase"])}`.replace(
      / (\S+)-[a-z0-9]{6,10} /u,
      " $1 ",
    );
    counts.set(fact, (counts.get(fact) ?? 0) + 1);
  }
  return [...counts].map(([fact, count]) => `${fact}: ${String(count)}`);
};

const UID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/gu;

const withoutChance = (fact: string, namespace: string, nodes: readonly DynamicObject[]): string =>
  nodes
    .reduce((text, { kind, metadata }) => text.replaceAll(metadata.uid, `uid of ${kind}/${metadata.name}`), fact.replaceAll(namespace, "NAMESPACE"))
    .replaceAll(UID, "UID")
    .replaceAll(TIME, "TIME")
    .replaceAll(/\brevision \d+/gu, "revision N");

/** What is in one and not in the other, a line a fact. */
export const differenceOf = (wanted: EndState, found: EndState): readonly string[] => [
  ...wanted.filter((fact) => !found.includes(fact)).map((fact) => `- ${fact}`),
  ...found.filter((fact) => !wanted.includes(fact)).map((fact) => `+ ${fact}`),
];
