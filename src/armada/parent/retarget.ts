import type { JsonPatchOperation } from "../../runtime/api.ts";
import type { TargetState } from "../api/common.ts";
import { isChart, type Member, type Parent } from "../estate/estate.ts";
import { nameAtEnabling, nameInStatus, prefixOf } from "../estate/release-name.ts";
import { ENABLED_BY, RELEASE_NAME, RELEASE_PREFIX, UNINSTALLED_BY } from "../names.ts";
import { escape, writeMember, type WriteDeps } from "./member-write.ts";
import { mustBeAlone, type RemoveDeps } from "./remove.ts";

/**
 * One patch that holds only while the member is still the one, and still parked. It notes who enabled the member, the prefix that is handed
 * down, and the name its release gets: a chart that has no release need not write it before helm runs.
 */
export const enable = async (parent: Parent, member: Member, deps: WriteDeps, signal: AbortSignal): Promise<void> => {
  const prefix = prefixOf(parent);
  const hasRelease = isChart(member) && nameInStatus(member) !== undefined;
  await retarget(
    member,
    "deployed",
    {
      [ENABLED_BY]: parent.metadata.uid,
      [UNINSTALLED_BY]: undefined,
      ...(hasRelease ? {} : { [RELEASE_PREFIX]: prefix === "" ? undefined : prefix }),
      ...(isChart(member) && !hasRelease ? { [RELEASE_NAME]: nameAtEnabling(parent, member) } : {}),
    },
    deps,
    signal,
  );
};

/** Hands `uninstalled` down; who enabled the member before does not count any more. */
export const uninstall = async (parent: Parent, member: Member, deps: RemoveDeps, signal: AbortSignal): Promise<void> => {
  await mustBeAlone(member, member, deps, signal);
  await retarget(member, "uninstalled", { [UNINSTALLED_BY]: parent.metadata.uid, [ENABLED_BY]: undefined }, deps, signal);
};

/** Writes the target and annotations (undefined: none) if uid and target are still what they were. */
const retarget = async (
  member: Member,
  target: TargetState,
  annotations: Readonly<Record<string, string | undefined>>,
  deps: WriteDeps,
  signal: AbortSignal,
): Promise<void> => {
  const { uid, annotations: present } = member.metadata;
  const asked = member.spec.target_state;
  const added = Object.entries(annotations).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  const operations: readonly JsonPatchOperation[] = [
    { op: "test", path: "/metadata/uid", value: uid },
    ...(asked === undefined ? [] : [{ op: "test" as const, path: "/spec/target_state", value: asked }]),
    { op: "add", path: "/spec/target_state", value: target },
    ...(present === undefined
      ? [{ op: "add" as const, path: "/metadata/annotations", value: Object.fromEntries(added) }]
      : added.map(([key, value]) => ({ op: "add" as const, path: `/metadata/annotations/${escape(key)}`, value }))),
    ...Object.entries(annotations)
      .filter(([key, value]) => value === undefined && present?.[key] !== undefined)
      .map(([key]) => ({ op: "remove" as const, path: `/metadata/annotations/${escape(key)}` })),
  ];
  await writeMember(member, { type: "json", operations }, deps, signal);
};
