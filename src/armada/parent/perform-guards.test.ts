import { describe, expect, test } from "@jest/globals";
import { messageOf } from "../../base/errors.ts";
import { ApiError, type DeleteRef, type ObjectRef, type Patch } from "../../runtime/api.ts";
import { MemoryApi } from "../../runtime/testing/memory-api.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { CHARTS, type ArmadaChart } from "../api/chart.ts";
import { GROUPS } from "../api/group.ts";
import type { Parent } from "../estate/estate.ts";
import { ENABLED_BY, RELEASE_NAME, RELEASE_PREFIX, UNINSTALLED_BY } from "../names.ts";
import { chart, group, owned } from "../testing/estate.ts";
import type { ParentAction } from "./action.ts";
import { performParent, type ParentPerformDeps } from "./perform.ts";

const never = new AbortController().signal;
const terminating = { deletionTimestamp: "2026-03-01T11:00:00Z" };
const REF = { resource: CHARTS, namespace: "site", name: "c" };
const one = group("one", ["c"]);
const two = group("two", ["c"]);
const later = (of: Parent, uid: string): Parent => ({ ...of, metadata: { ...of.metadata, uid } });
const dying = (of: Parent): Parent => ({ ...of, metadata: { ...of.metadata, ...terminating } });

/** Server-side apply of one owner reference, or none, as far as these tests see it; what a delete was bound to is kept. */
class Applying extends MemoryApi {
  bound: unknown;
  override async patch<T extends KubeObject>(ref: ObjectRef, patch: Patch, signal: AbortSignal): Promise<T> {
    return super.patch<T>(ref, patch.type === "apply" ? { type: "merge", body: patch.body } : patch, signal);
  }
  override delete({ only, ...ref }: DeleteRef, signal: AbortSignal): Promise<void> {
    this.bound = only;
    return super.delete(ref, signal);
  }
}

/** The member `c` as the API server has it, seen as it is there. */
const stored = async (member: ArmadaChart) => {
  const api = new Applying();
  const { metadata } = await api.create(REF, member, never);
  return { api, member: { ...member, metadata } };
};

/** Performs, and says what the member's owners are then, or why it was refused. */
const perform = async (parent: Parent, action: ParentAction, api: MemoryApi, over: Partial<ParentPerformDeps> = {}): Promise<string> => {
  const deps = {
    api,
    store: () => undefined,
    reread: async (of: Parent) => of,
    ownersOf: () => [],
    ownsElsewhere: () => false,
    ownersUnwatched: async () => [],
    ...over,
  };
  const told = await performParent(parent, action, deps, never).then(() => "", messageOf);
  const live = await api.get(REF, never);
  const owners = (live?.metadata.ownerReferences ?? []).map(({ name }) => name).join(" ");
  return told === "" ? owners : `${owners}: ${told}`;
};

describe("disowning a shared member", () => {
  const refused = "one two: ArmadaChart c has changed since it was read";
  test.each([
    ["by a parent that goes, while another is alive", dying(one), two, "two"],
    ["not when a fresh read finds that one gone", dying(one), undefined, refused],
    ["not when it goes too", dying(one), dying(two), refused],
    ["not when another has its name by now", dying(one), later(two, "uid-new"), refused],
    ["by a parent that stays, whoever is alive: it is not its to remove", one, undefined, "two"],
  ])("%s", async (_, parent, live, expected) => {
    const { api, member } = await stored(owned(chart("c"), one, two));
    const deps = { reread: async () => live, ownersOf: () => [parent, two] };
    expect(await perform(parent, { type: "disown", member, enabler: undefined }, api, deps)).toBe(expected);
  });

  test("leaves to another that the member was enabled, only while it says that this parent did it", async () => {
    for (const [uid, expected] of [
      ["uid-one", "uid-two"],
      ["uid-three", "uid-three"],
    ] as const) {
      const { api, member } = await stored(owned(chart("c", { metadata: { annotations: { [ENABLED_BY]: uid } } }), one, two));
      await perform(one, { type: "disown", member, enabler: "uid-two" }, api);
      expect((await api.get(REF, never))?.metadata.annotations).toEqual({ [ENABLED_BY]: expected });
    }
  });
});

describe("adopting", () => {
  const changed = ": ArmadaChartGroup one has changed since it was read";
  test.each([
    ["by a parent that a fresh read shows as it was", one, "one"],
    ["not by one that is gone", undefined, changed],
    ["not by one that is being deleted", dying(one), changed],
    ["not by one whose name another has by now", later(one, "uid-new"), changed],
  ])("%s", async (_, live, expected) => {
    const { api, member } = await stored(chart("c"));
    expect(await perform(one, { type: "adopt", member, controller: true }, api, { reread: async () => live })).toBe(expected);
    if (expected === changed) expect(api.said).not.toContain("patch armadacharts c");
  });

  test.each([
    ["a controller that still exists is left", "uid-two", "two: ArmadaChart c has changed since it was read"],
    ["one that is gone makes room", undefined, "one"],
    ["one whose name another has by now makes room", "uid-new", "one"],
  ])("%s", async (_, uid, expected) => {
    const { api, member } = await stored(owned(chart("c"), two));
    const get = api.get.bind(api);
    const reading = Object.assign(api, {
      get: async (ref: ObjectRef, signal: AbortSignal) =>
        ref.resource === GROUPS ? (uid === undefined ? undefined : later(two, uid)) : get(ref, signal),
    });
    expect(await perform(one, { type: "adopt", member, controller: true }, reading)).toBe(expected);
  });
});

describe("a refusal of what was written", () => {
  const enable = (member: ArmadaChart) => ({ type: "enable", member }) as const;
  const parked = chart("c", { spec: { target_state: "uninitialized" } });
  test.each([
    ["is old news when the member has changed", "9", ": ArmadaChart c has changed since it was read: invalid"],
    ["stands when it is as it was seen", "1", ": invalid"],
  ])("%s", async (_, resourceVersion, expected) => {
    const { api, member } = await stored(parked);
    api.before = ({ verb }) => {
      if (verb === "patch") throw new ApiError("invalid", { status: 422, reason: "Invalid" });
    };
    const told = await perform(one, enable({ ...member, metadata: { ...member.metadata, resourceVersion } }), api);
    expect(told).toBe(expected);
  });
});

describe("enabling and uninstalling write only while the member is what was seen", () => {
  test.each([
    ["another of its name", { metadata: { uid: "uid-old" } }],
    ["a target that somebody has changed", { spec: { target_state: "uninstalled" } }],
  ] as const)("%s", async (_, was) => {
    for (const type of ["enable", "uninstall"] as const) {
      const { api, member } = await stored(chart("c", { spec: { target_state: "uninitialized" } }));
      const seen = {
        ...member,
        metadata: { ...member.metadata, ...("metadata" in was ? was.metadata : {}) },
        spec: { ...member.spec, ...("spec" in was ? was.spec : {}) },
      };
      expect(await perform(one, { type, member: seen }, api)).not.toBe("");
      expect(await api.get(REF, never)).toMatchObject({ spec: { target_state: "uninitialized" } });
    }
  });

  const handed = group("one", ["c"], { metadata: { annotations: { [RELEASE_PREFIX]: "p" } } });
  const noted = { [RELEASE_NAME]: "q-c", [RELEASE_PREFIX]: "q" };
  test.each([
    ["a first time, with prefix and name", {}, undefined, { [ENABLED_BY]: "uid-one", [RELEASE_NAME]: "p-c", [RELEASE_PREFIX]: "p" }],
    ["again, and its release keeps its name", noted, { release: { name: "q-c", revision: 1 } }, { ...noted, [ENABLED_BY]: "uid-one" }],
    [
      "after a take-over, and its release keeps its name",
      noted,
      { release: { name: "q-c", superseded_by: "x" } },
      { ...noted, [ENABLED_BY]: "uid-one" },
    ],
    [
      "after it was uninstalled",
      { [UNINSTALLED_BY]: "uid-one" },
      undefined,
      { [ENABLED_BY]: "uid-one", [RELEASE_NAME]: "p-c", [RELEASE_PREFIX]: "p" },
    ],
  ])("enabled %s", async (_, annotations, status, expected) => {
    const { api, member } = await stored(chart("c", { metadata: { annotations }, spec: { target_state: "uninitialized" }, status }));
    await perform(handed, { type: "enable", member }, api);
    expect((await api.get(REF, never))?.metadata.annotations).toEqual(expected);
  });
});

describe("removing a member", () => {
  test("is bound to what the fresh read showed", async () => {
    const { api, member } = await stored(owned(chart("c"), one));
    await perform(one, { type: "remove", member }, api);
    expect(api.bound).toEqual({ uid: member.metadata.uid, resourceVersion: member.metadata.resourceVersion });
  });

  test.each([
    ["that goes already", terminating, {}],
    ["of whose name another exists by now", {}, { uid: "uid-old" }],
  ])("does nothing to one %s", async (_, live, seen) => {
    const { api, member } = await stored(owned(chart("c", { metadata: live }), one));
    const told = await perform(one, { type: "remove", member: { ...member, metadata: { ...member.metadata, ...seen } } }, api);
    expect([told, api.bound]).toEqual(["one: ArmadaChart c has changed since it was read", undefined]);
  });
});
