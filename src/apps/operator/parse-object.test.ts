import { describe, expect, test } from "@jest/globals";
import { validateSpec } from "../../armada/api/validate.ts";
import { effectiveTarget } from "../../armada/estate/estate.ts";
import { StoreEstate } from "../../armada/estate/store-estate.ts";
import { chart, group, manifest } from "../../armada/testing/estate.ts";
import { concernsItself, wokenBy } from "../../armada/wake.ts";
import { silentLogger } from "../../base/log.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { parseChart, parseGroup, parseManifestObject } from "./parse-object.ts";

const SPECS: readonly unknown[] = [
  undefined,
  null,
  "text",
  [],
  {},
  { release: 7, source: "here", chart_group: "a", chart_groups: { a: 1 } },
  { release: "a", source: { type: "local" }, chart_group: ["a", 7, null], chart_groups: [["a"]] },
];

const withSpec = (object: KubeObject, spec: unknown): KubeObject => {
  const { spec: _, ...rest }: KubeObject & { readonly spec?: unknown } = object;
  return spec === undefined ? rest : Object.assign(rest, { spec });
};

describe("an object whose spec is not what its kind asks for", () => {
  test.each(SPECS)("is taken into the caches, and does not keep others from being found: %j", (spec) => {
    const estate = new StoreEstate({ log: silentLogger, crossNamespace: false });
    const charts = [parseChart(withSpec(chart("bad"), spec)), parseChart(chart("a"))];
    const groups = [parseGroup(withSpec(group("g-bad", []), spec)), parseGroup(group("g", ["a"]))];
    const manifests = [parseManifestObject(withSpec(manifest("m-bad", []), spec)), parseManifestObject(manifest("m", ["g"]))];
    estate.charts.replace(charts, { resourceVersion: "2" });
    estate.groups.replace(groups, { resourceVersion: "2" });
    estate.manifests.replace(manifests, { resourceVersion: "2" });
    expect([estate.charts.size, estate.groups.size, estate.manifests.size]).toEqual([2, 2, 2]);
    expect(estate.chartsOf("site/a").map(({ metadata }) => metadata.name)).toContain("a");
    for (const object of [...charts, ...groups, ...manifests]) {
      const change = { type: "added", object } as const;
      expect([concernsItself(change), effectiveTarget(object, estate)]).toEqual([true, "deployed"]);
      expect(() => wokenBy(change, estate)).not.toThrow();
    }
    const sound = [...charts, ...groups, ...manifests].map((object) => validateSpec(object.kind, object).length === 0);
    expect(sound).toEqual([false, true, false, true, false, true]);
  });

  test("keeps what it has", () => {
    const { spec } = parseChart(withSpec(chart("bad"), { suspend: true, source: { type: "local", location: "/x", subpath: "y" } }));
    expect(spec).toEqual({ suspend: true, release: "", source: { type: "local", location: "/x", subpath: "y" } });
  });
});

test("an object that is whole is passed on as it is", () => {
  const whole = chart("a");
  expect(parseChart(whole)).toBe(whole);
});
