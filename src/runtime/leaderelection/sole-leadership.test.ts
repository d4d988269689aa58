import { expect, test } from "@jest/globals";
import type { Rival } from "./rivals.ts";
import { SoleLeadership } from "./sole-leadership.ts";
import type { LeaseHold } from "./lease-hold.ts";

const rival = (namespace: string): Rival => ({
  namespace,
  title: `Lease ${namespace}/armada-operator`,
  holder: "other",
  durationMs: 15_000,
  renewTime: "",
  transitions: 0,
  epoch: "1-a",
  watched: [],
});

/** What an operator does whose Lease is in namespace `m`; `seen`: the namespaces of others at each look, the last for good. */
const led = async (...seen: readonly (readonly string[])[]): Promise<readonly string[]> => {
  const happened: string[] = [];
  const looks = [...seen];
  const find = (): Promise<readonly Rival[]> => {
    const [found = []] = looks.length > 1 ? looks.splice(0, 1) : looks;
    happened.push(`see ${found.join(" ") || "nobody"}`);
    return Promise.resolve(found.map(rival));
  };
  const gone = async (over: (one: Rival) => boolean): Promise<void> => {
    while ((await find()).some((one) => !over(one)));
  };
  const leaseHold = (): LeaseHold => ({
    epoch: "2-b",
    previousEpoch: "",
    assertHeld: () => undefined,
    signal: new AbortController().signal,
    release: () => Promise.resolve(void happened.push("release")),
    abandon: () => Promise.resolve(),
  });
  const acquire = (): Promise<LeaseHold> => Promise.resolve(void happened.push("hold")).then(leaseHold);
  await new SoleLeadership({ leadership: { acquire }, rivals: { find, gone }, namespace: "m" }).acquire(new AbortController().signal);
  return [...happened, "work"];
};

test.each<[string, readonly (readonly string[])[], readonly string[]]>([
  ["alone", [[]], ["see nobody", "hold", "see nobody", "see nobody", "work"]],
  ["after another that was there before", [["z"], []], ["see z", "see nobody", "hold", "see nobody", "see nobody", "work"]],
  [
    "gives way to one that starts at the same time, and whose namespace comes first",
    [[], ["a"], ["a"], ["a"], []],
    ["see nobody", "hold", "see a", "see a", "release", "see a", "see nobody", "hold", "see nobody", "see nobody", "work"],
  ],
  [
    "is given way to by one whose namespace comes later",
    [[], ["z"], ["z"], []],
    ["see nobody", "hold", "see z", "see z", "see nobody", "see nobody", "work"],
  ],
])("an operator %s", async (_, seen, happened) => {
  expect(await led(...seen)).toEqual(happened);
});
