import { describe, expect, test } from "@jest/globals";
import type { ArmadaChart } from "../api/chart.ts";
import { chart, estateOf } from "../testing.ts";
import { heirOf } from "./ownership.ts";

const had = (name: string, by: string, over: Partial<ArmadaChart["metadata"]> = {}): ArmadaChart =>
  chart(name, {
    metadata: over,
    spec: { release: "shared", namespace: "site" },
    status: { release: { name: "shared", namespace: "site", superseded_by: by } },
  });

const owner = chart("owner", { spec: { release: "shared" } });

const heir = (...former: readonly ArmadaChart[]): string | undefined => {
  const estate = estateOf(owner, ...former);
  return heirOf(
    owner,
    { namespace: "site", name: "shared" },
    { estate, releases: { read: () => undefined }, chartByUid: (uid) => estate.chartByUid(uid) },
  )?.name;
};

describe("who gets a release back when its owner leaves", () => {
  const young = { creationTimestamp: "2026-02-01T00:00:00Z" };
  test.each<readonly [string, readonly ArmadaChart[], string | undefined]>([
    ["nobody, if nobody had it", [chart("new", { spec: { release: "shared" } })], undefined],
    ["the one it was taken from", [had("former", "ArmadaChart owner")], "ArmadaChart former"],
    ["of several the last that had it", [had("first", "ArmadaChart second"), had("second", "ArmadaChart owner", young)], "ArmadaChart second"],
    ["the first, when the last is gone", [had("first", "ArmadaChart second")], "ArmadaChart first"],
    ["not one that goes too", [had("former", "ArmadaChart owner", { deletionTimestamp: "2026-03-01T00:00:00Z" })], undefined],
    [
      "one in another namespace too",
      [had("first", "ArmadaChart second"), had("second", "ArmadaChart site/owner", { ...young, namespace: "away" })],
      "ArmadaChart away/second",
    ],
  ])("%s", (_, former, expected) => {
    expect(heir(...former)).toBe(expected);
  });
});
