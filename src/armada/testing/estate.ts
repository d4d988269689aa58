import { silentLogger } from "../../base/log.ts";
import type { ApiClient } from "../../runtime/api.ts";
import { apiVersionOf, type KubeObject, type ObjectMeta, type OwnerReference, type Resource } from "../../runtime/object.ts";
import { CHARTS, type ArmadaChart, type ArmadaChartSpec, type ArmadaChartStatus } from "../api/chart.ts";
import { GROUPS, type ArmadaChartGroup, type ArmadaChartGroupSpec, type ArmadaChartGroupStatus } from "../api/group.ts";
import { MANIFESTS, type ArmadaManifest, type ArmadaManifestSpec, type ArmadaManifestStatus } from "../api/manifest.ts";
import { DEFINITIONS } from "../own-crds.ts";
import { isChart, isManifest, type Member, type Node, type Parent } from "../estate/estate.ts";
import { StoreEstate } from "../estate/store-estate.ts";

interface Parts<Spec, Status> {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: Partial<Spec>;
  readonly status?: Status | undefined;
}

const base = (resource: Resource, name: string, metadata: Partial<ObjectMeta> = {}): KubeObject => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  metadata: {
    name,
    namespace: "site",
    uid: `uid-${name}`,
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
    ...metadata,
  },
});

/** Without `status`: nobody has looked at it yet. */
const withStatus = <Status>(status: Status | undefined): { readonly status?: Status } => (status === undefined ? {} : { status });

export const chart = (name: string, { metadata, spec, status }: Parts<ArmadaChartSpec, ArmadaChartStatus> = {}): ArmadaChart => ({
  ...base(CHARTS, name, metadata),
  spec: { release: name, source: { type: "local", location: "/charts/x" }, ...spec },
  ...withStatus(status),
});

export const group = (
  name: string,
  members: readonly string[],
  { metadata, spec, status }: Parts<ArmadaChartGroupSpec, ArmadaChartGroupStatus> = {},
): ArmadaChartGroup => ({ ...base(GROUPS, name, metadata), spec: { chart_group: members, ...spec }, ...withStatus(status) });

export const manifest = (
  name: string,
  groups: readonly string[],
  { metadata, spec, status }: Parts<ArmadaManifestSpec, ArmadaManifestStatus> = {},
): ArmadaManifest => ({ ...base(MANIFESTS, name, metadata), spec: { chart_groups: groups, ...spec }, ...withStatus(status) });

/** Makes the definition of a kind, unless there is one. */
export const serve = async (
  { plural, group: of }: Resource,
  api: Pick<ApiClient, "get" | "create">,
  metadata: Partial<ObjectMeta> = {},
): Promise<void> => {
  const { signal } = new AbortController();
  const name = `${plural}.${of}`;
  if ((await api.get({ resource: DEFINITIONS, name }, signal)) !== undefined) return;
  const body = {
    apiVersion: apiVersionOf(DEFINITIONS),
    kind: DEFINITIONS.kind,
    metadata: { name, creationTimestamp: "2026-01-01T00:00:00Z", ...metadata },
  };
  await api.create({ resource: DEFINITIONS }, body, signal);
};

export const referenceTo = ({ apiVersion, kind, metadata: { name, uid } }: KubeObject, controller = true): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
  controller,
  blockOwnerDeletion: true,
});

/** Owned by these parents; the first is the controller. */
export const owned = <N extends Node>(node: N, ...parents: readonly Parent[]): N => ({
  ...node,
  metadata: { ...node.metadata, ownerReferences: parents.map((parent, index) => referenceTo(parent, index === 0)) },
});

/** Takes a newer version of each object. */
export const put = (estate: StoreEstate, ...nodes: readonly Node[]): void => {
  for (const node of nodes) {
    if (isChart(node)) estate.charts.upsert(node);
    else if (isManifest(node)) estate.manifests.upsert(node);
    else estate.groups.upsert(node);
  }
};

export const estateOf = (...nodes: readonly Node[]): StoreEstate => {
  const estate = new StoreEstate({ log: silentLogger, crossNamespace: false });
  put(estate, ...nodes);
  return estate;
};

/** The same, where members may live in other namespaces than their parents. */
export const wideEstateOf = (...nodes: readonly Node[]): StoreEstate => {
  const estate = new StoreEstate({ log: silentLogger, crossNamespace: true });
  put(estate, ...nodes);
  return estate;
};

/** A later version of an object. */
export const next = <N extends Node>(node: N, change: Partial<N>): N => ({
  ...node,
  ...change,
  metadata: { ...node.metadata, ...change.metadata, resourceVersion: String(Number(node.metadata.resourceVersion) + 1) },
});

/** Its next generation, nobody having looked at it. */
export const appliedAgain = (node: Member, spec: object): Member => {
  const metadata = { ...node.metadata, generation: (node.metadata.generation ?? 0) + 1 };
  return isChart(node) ? next(node, { metadata, spec: { ...node.spec, ...spec } }) : next(node, { metadata, spec: { ...node.spec, ...spec } });
};

type State = Parts<{ readonly target_state?: "uninitialized" | "deployed" | "uninstalled" }, ArmadaChartGroupStatus>;

/** What a letter behind a name says of a member. */
const STATES: Readonly<Record<string, State>> = {
  /** Deployed at its current generation. */
  D: { status: { actual_state: "deployed", observedGeneration: 1, ready_generation: 1, satisfied: true, reason: "UnderlyingResourcesReady" } },
  /** Parked, and its status says so. */
  P: { spec: { target_state: "uninitialized" }, status: { actual_state: "uninitialized", observedGeneration: 1, satisfied: true, reason: "Parked" } },
  /** Parked, and nobody has looked at it yet. */
  N: { spec: { target_state: "uninitialized" } },
  /** On the way, never ready at this generation. */
  R: { status: { actual_state: "running", observedGeneration: 1, satisfied: false, reason: "Installing" } },
  /** Not ready now, but was at this generation. */
  W: { status: { actual_state: "running", observedGeneration: 1, ready_generation: 1, satisfied: false, reason: "ResourcesNotReady" } },
  /** Deployed, but edited since. */
  O: { metadata: { generation: 2 }, status: { actual_state: "deployed", observedGeneration: 1, ready_generation: 1, satisfied: true } },
  F: { status: { actual_state: "failed", observedGeneration: 1, satisfied: false, reason: "InstallError" } },
  /** Set to uninstalled by somebody. */
  U: { spec: { target_state: "uninstalled" }, status: { actual_state: "uninstalled", observedGeneration: 1, satisfied: true } },
  /** A library chart. */
  L: { status: { actual_state: "uninitialized", observedGeneration: 1, satisfied: true, reason: "Library" } },
  /** Terminating. */
  T: { metadata: { deletionTimestamp: "2026-01-02T00:00:00Z" }, status: { actual_state: "running", observedGeneration: 1, satisfied: false } },
};

const word = /^(?<name>[a-z0-9-]*[a-z0-9])(?<letter>[A-Z])$/;

const parseWord = (text: string): { readonly name: string; readonly letter: string } => {
  const { name, letter } = word.exec(text)?.groups ?? {};
  if (name === undefined || letter === undefined) throw new Error(`"${text}" is not a name and a letter`);
  return { name, letter };
};

const stateOf = (letter: string): State => {
  const state = STATES[letter];
  if (state === undefined) throw new Error(`no state "${letter}"`);
  return state;
};

/**
 * A group `g`, sequenced unless told otherwise, that owns the members in the notation: `1D 2P 3X`: name and letter, X = not there.
 * Letters: D deployed, P parked, N parked and not seen yet, R running, W was ready once, O edited since, F failed, U uninstalled by somebody,
 * L library, T terminating.
 */
export const groupOf = (notation: string, parts: Parts<ArmadaChartGroupSpec, ArmadaChartGroupStatus> = {}) => {
  const words = notation.split(" ").map(parseWord);
  const parent = group(
    "g",
    words.map(({ name }) => name),
    { ...parts, spec: { sequenced: true, ...parts.spec } },
  );
  const charts = words.flatMap(({ name, letter }) => (letter === "X" ? [] : [owned(chart(name, stateOf(letter)), parent)]));
  return { parent, charts, estate: estateOf(parent, ...charts) };
};

/** A manifest `m` over sequenced groups, each with a letter of its own and its charts: `aD: 1D 2D; bP: 3P`. */
export const siteOf = (notation: string) => {
  const segments = notation.split("; ").map((segment) => {
    const [head = "", members = ""] = segment.split(": ");
    return { ...parseWord(head), members };
  });
  const top = manifest(
    "m",
    segments.map(({ name }) => name),
  );
  const nodes = segments.flatMap(({ name, letter, members }): readonly Member[] => {
    if (letter === "X") return [];
    const words = members === "" ? [] : members.split(" ").map(parseWord);
    const { spec, ...rest } = stateOf(letter);
    const target = spec?.target_state === "uninitialized" ? { target_state: spec.target_state } : {};
    const own = group(
      name,
      words.map((each) => each.name),
      { ...rest, spec: { sequenced: true, ...target } },
    );
    const charts = words.flatMap((each) => (each.letter === "X" ? [] : [owned(chart(each.name, stateOf(each.letter)), own)]));
    return [owned(own, top), ...charts];
  });
  return { manifest: top, estate: estateOf(top, ...nodes) };
};

/** The member of that name, whatever its kind. */
export const find = (estate: StoreEstate, name: string): Member => {
  const found = estate.charts.get(`site/${name}`) ?? estate.groups.get(`site/${name}`);
  if (found === undefined) throw new Error(`no member ${name}`);
  return found;
};
