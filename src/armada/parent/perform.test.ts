import { describe, expect, test } from "@jest/globals";
import { messageOf } from "../../base/errors.ts";
import { MemoryApi } from "../../runtime/memory-api.ts";
import { CHARTS } from "../api/chart.ts";
import type { Parent } from "../estate.ts";
import { chart, group, owned } from "../testing.ts";
import { performParent, type ParentPerformDeps } from "./perform.ts";

const never = new AbortController().signal;
const [one, two, dead] = [group("one", ["c"]), group("two", ["c"]), group("dead", ["c"])];

const performing = (api: MemoryApi, over: Partial<ParentPerformDeps> = {}): ParentPerformDeps => ({
  api,
  store: () => undefined,
  reread: async (parent) => parent,
  ownersOf: () => [],
  ...over,
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
  const changed = "there: ArmadaChart c has changed since it was looked at";
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
