import { microTime } from "../../base/time/clock.ts";
import { formatEpoch } from "./epoch.ts";
import type { DynamicObject, Resource } from "../object.ts";

export const LEASES: Resource = { group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease", namespaced: true };

/** Names of the annotations in which a holder says what a Lease has no field for. */
export interface LeaseAnnotations {
  readonly epoch: string;
  /** Namespaces that the holder watches: names with commas between, or `*` for all. */
  readonly watched: string;
}

/** What a Lease says. */
export interface LeaseRecord {
  /** Empty when nobody holds it. */
  readonly holder: string;
  /** Undefined when the holder did not say. */
  readonly durationMs: number | undefined;
  readonly renewTime: string;
  readonly transitions: number;
  /** Empty when another program wrote it. */
  readonly epoch: string;
  /** Empty: all. Also when it does not say. */
  readonly watched: readonly string[];
}

/** Reads a Lease of whatever program; what is missing or of a wrong type counts as empty. */
export const parseLease = (lease: DynamicObject, annotations: LeaseAnnotations): LeaseRecord => {
  const spec: unknown = lease["spec"];
  const seconds = field(spec, "leaseDurationSeconds");
  const transitions = field(spec, "leaseTransitions");
  return {
    holder: text(field(spec, "holderIdentity")),
    durationMs: typeof seconds === "number" ? seconds * 1_000 : undefined,
    renewTime: text(field(spec, "renewTime")),
    transitions: typeof transitions === "number" ? transitions : 0,
    epoch: lease.metadata.annotations?.[annotations.epoch] ?? "",
    watched: (lease.metadata.annotations?.[annotations.watched] ?? ALL).split(",").filter((name) => name !== ALL && name !== ""),
  };
};

const ALL = "*";

/** Of the Lease of a shard; `operator`: of that of an operator without shards. */
export const shardLeaseName = (operator: string, shard: number): string => `${operator}-shard-${String(shard)}`;

/** Undefined: the Lease of no shard. */
export const shardOfLease = (operator: string, name: string): number | undefined => {
  const shard = Number(/-shard-(\d+)$/.exec(name)?.[1]);
  return name === shardLeaseName(operator, shard) ? shard : undefined;
};

export interface Taking {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: LeaseAnnotations;
  readonly identity: string;
  readonly durationMs: number;
  readonly nowMs: number;
  /** Eight hex digits of chance. */
  readonly nonce: string;
  /** Absent: of the Lease of an operator without shards. */
  readonly shard?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Namespaces that the holder watches; empty: all. */
  readonly watched: readonly string[];
}

/** The Lease as its next holder writes it: over `old` (with its resourceVersion, so that only one succeeds), or new. */
export const takeLease = (old: DynamicObject | undefined, taking: Taking) => {
  const { namespace, name, annotations, identity, durationMs, nowMs, nonce, watched, shard, labels } = taking;
  const transitions = old === undefined ? 0 : parseLease(old, annotations).transitions + 1;
  const epoch = formatEpoch(transitions, nonce, namespace, shard);
  const time = microTime(nowMs);
  const spec = {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1_000),
    acquireTime: time,
    renewTime: time,
    leaseTransitions: transitions,
  };
  const own = { [annotations.epoch]: epoch, [annotations.watched]: watched.length === 0 ? ALL : watched.join(",") };
  const labelled = labels === undefined ? {} : { labels: { ...old?.metadata.labels, ...labels } };
  const metadata = { ...(old?.metadata ?? { namespace, name }), ...labelled, annotations: { ...old?.metadata.annotations, ...own } };
  return { epoch, body: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", ...old, metadata, spec: { ...record(old?.["spec"]), ...spec } } };
};

/** The Lease with other members of its spec. */
const withSpec = (lease: DynamicObject, members: Readonly<Record<string, unknown>>) => ({ ...lease, spec: { ...record(lease["spec"]), ...members } });

export const renewLease = (lease: DynamicObject, nowMs: number) => withSpec(lease, { renewTime: microTime(nowMs) });

/** The epoch stays, so that it can be told whose lease hold was the last. */
export const releaseLease = (lease: DynamicObject, nowMs: number) => withSpec(lease, { holderIdentity: "", renewTime: microTime(nowMs) });

const record = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});
const field = (value: unknown, name: string): unknown => Reflect.get(record(value), name);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
