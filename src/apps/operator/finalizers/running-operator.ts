import { LEASE_ANNOTATIONS } from "../../../armada/names.ts";
import { answered } from "../../../armada/answered.ts";
import type { Clock } from "../../../base/time/clock.ts";
import type { ApiClient } from "../../../runtime/api.ts";
import { LEASES, parseLease } from "../../../runtime/leaderelection/lease-record.ts";
import { keyOf, type DynamicObject } from "../../../runtime/object.ts";
import { OPERATOR } from "../deploy/rights.ts";
import { LEASE_TIMES } from "../../../runtime/leaderelection/lease-times.ts";

export interface RunningDeps {
  readonly api: Pick<ApiClient, "get" | "list">;
  readonly clock: Clock;
  /** Of the Lease; undefined: all are looked through. */
  readonly namespace: string | undefined;
  /** Said before it waits. */
  readonly say: (line: string) => void;
}

/**
 * `HOLDER holds Lease NAMESPACE/armada-operator` of an operator that runs. Whether a holder lives is judged by whether it renews, never by its
 * clock: one that has not said that it stopped is watched for as long as its Lease lasts.
 */
export const runningOperator = async (deps: RunningDeps, signal: AbortSignal): Promise<string | undefined> => {
  const { clock, say } = deps;
  const first = held(await answered("whether an operator runs", leases(deps, signal), "set --lease-namespace to the namespace of its Lease"));
  if (first.length === 0) return undefined;
  say(`${first.map(titleOf).join(", ")}: checking whether it is being renewed`);
  const untilMs = clock.monotonic() + Math.max(...first.map((lease) => parseLease(lease, LEASE_ANNOTATIONS).durationMs ?? LEASE_TIMES.durationMs));
  while (clock.monotonic() < untilMs) {
    await clock.sleep(LEASE_TIMES.renewMs, signal);
    const renewed = held(await leases(deps, signal)).find((lease) => !first.some((before) => isSame(before, lease)));
    if (renewed !== undefined) return titleOf(renewed);
  }
  return undefined;
};

const leases = async ({ api, namespace }: RunningDeps, signal: AbortSignal): Promise<readonly DynamicObject[]> => {
  if (namespace === undefined) return api.list(LEASES, { fieldSelector: `metadata.name=${OPERATOR}` }, signal);
  const lease = await api.get({ resource: LEASES, namespace, name: OPERATOR }, signal);
  return lease === undefined ? [] : [lease];
};

const held = (all: readonly DynamicObject[]): readonly DynamicObject[] => all.filter((lease) => parseLease(lease, LEASE_ANNOTATIONS).holder !== "");

const isSame = (a: DynamicObject, b: DynamicObject): boolean =>
  a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion;

const titleOf = (lease: DynamicObject): string => `${parseLease(lease, LEASE_ANNOTATIONS).holder} holds Lease ${keyOf(lease)}`;
