import { describe, expect, test } from "@jest/globals";
import { messageOf } from "../../base/errors.ts";
import type { ObjectRef, Patch } from "../../runtime/api.ts";
import { MemoryApi } from "../../runtime/testing/memory-api.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { CHARTS } from "../api/chart.ts";
import { ownsElsewhere, type Parent } from "../estate/estate.ts";
import { chart, group, owned, put, wideEstateOf } from "../testing/estate.ts";
import { performParent, type ParentPerformDeps } from "./perform.ts";

const never = new AbortController().signal;
const [one, two, dead] = [group("one", ["c"]), group("two", ["c"]), group("dead", ["c"])];

const performing = (api: MemoryApi, over: Partial<ParentPerformDeps> = {}): ParentPerformDeps => ({
  api,
  store: () => undefined,
  reread: async (parent) => parent,
  ownersOf: () => [],
  ownsElsewhere: () => false,
  ownersUnwatched: async () => [],
  ...over,
});

/** What server-side apply does to a member here: its labels are taken over. */
class Applying extends MemoryApi {
  override async patch<T extends KubeObject>(ref: ObjectRef, patch: Patch, signal: AbortSignal): Promise<T> {
    if (patch.type !== "apply") return super.patch<T>(ref, patch, signal);
    if (ref.resource.kind === "ConfigMap") return this.create<T>(ref, patch.body, signal);
    return super.patch<T>(ref, { type: "merge", body: patch.body }, signal);
  }
}

test("the first member in another namespace brings a sentinel, and no other does", async () => {
  const api = new Applying();
  const estate = wideEstateOf(one);
  for (const name of ["1", "2", "3"]) {
    const member = chart(name, { metadata: { namespace: "far" } });
    const { metadata } = await api.create({ resource: CHARTS, namespace: "far" }, member, never);
    put(estate, { ...member, metadata });
  }
  const deps = performing(api, {
    store: (member) => put(estate, chart(member.metadata.name, member)),
    ownsElsewhere: (parent) => ownsElsewhere(parent, estate),
  });
  for (const member of estate.charts.list()) await performParent(one, { type: "adopt", member, controller: true }, deps, never);
  expect(estate.ownedBy(one)).toHaveLength(3);
  expect(api.said.filter((call) => call.includes("configmaps"))).toEqual(["create configmaps armada-sentinel-uid-one"]);
});

describe.each(["remove", "uninstall"] as const)("a member that a parent outside --watch-namespaces owns, too: %s", (type) => {
  const tried = async (ownersUnwatched: ParentPerformDeps["ownersUnwatched"]): Promise<readonly [string, readonly string[]]> => {
    const api = new MemoryApi();
    const { metadata } = await api.create({ resource: CHARTS, namespace: "site" }, owned(chart("c"), one), never);
    const member = owned(chart("c", { metadata: { uid: metadata.uid } }), one);
    api.calls.length = 0;
    const told = await performParent(one, { type, member }, performing(api, { ownersUnwatched }), never).then(() => "", messageOf);
    return [told, api.calls.filter(({ verb }) => verb !== "get").map(({ verb }) => verb)];
  };

  test("is left alone, and said", async () => {
    const sentence = "ArmadaChart c is owned by ArmadaChartGroup far/other, too, outside --watch-namespaces: it is not removed";
    expect(await tried(async () => ["ArmadaChartGroup far/other"])).toEqual([sentence, []]);
  });

  test("is left alone while that cannot be told", async () => {
    expect(await tried(() => Promise.reject(new Error("cannot tell")))).toEqual(["cannot tell", []]);
  });
});

describe("removing a member", () => {
  /** `seen` and `live`: its owners when it was decided, and now. */
  const remove = async (seen: readonly Parent[], live: readonly Parent[]): Promise<string> => {
    const api = new MemoryApi();
    const ref = { resource: CHARTS, namespace: "site", name: "c" };
    const { metadata } = await api.create(ref, owned(chart("c"), ...live), never);
    const member = owned(chart("c", { metadata: { uid: metadata.uid } }), ...seen);
    const told = await performParent(one, { type: "remove", member }, performing(api), never).then(() => "", messageOf);
    return `${(await api.get(ref, never)) === undefined ? "deleted" : "there"}${told === "" ? "" : `: ${told}`}`;
  };
  const changed = "there: ArmadaChart c has changed since it was read";
  test.each([
    ["that is its own alone", [one], [one], "deleted"],
    ["of whose dead owner the reference has gone meanwhile", [one, dead], [one], "deleted"],
    ["that somebody owns since", [one], [one, two], changed],
    ["that somebody owns since in the place of a dead owner", [one, dead], [one, two], changed],
    ["that is not its own any more", [one], [], changed],
  ])("%s", async (_, seen, live, expected) => {
    expect(await remove(seen, live)).toBe(expected);
  });
});
