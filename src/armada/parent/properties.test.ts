import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { isChart, isLibrary, isTerminating, type Member } from "../estate/estate.ts";
import { chart, group, manifest } from "../testing/estate.ts";
import { SiteModel } from "./testing/fake-site.ts";

const GROUPS: Readonly<Record<string, readonly string[]>> = { a: ["1", "2", "3"], b: ["4", "5"] };
const CHARTS = Object.values(GROUPS).flat();

/** A manifest `m` over groups `a` and `b`; which of them are parked is up to the case. */
const site = (parked: readonly string[], sequenced = true): SiteModel => {
  const target = (name: string) => (parked.includes(name) ? ({ spec: { target_state: "uninitialized" } } as const) : {});
  const groups = Object.entries(GROUPS).map(([name, members]) => group(name, members, { spec: { sequenced, ...target(name).spec } }));
  return new SiteModel([manifest("m", Object.keys(GROUPS))], [...groups, ...CHARTS.map((name) => chart(name, target(name)))]);
};

const name = fc.constantFrom(...CHARTS);
const looks = fc.constantFrom("m", "a", "b").map((parent) => (model: SiteModel) => void model.look(parent));
const steps = fc
  .record({ name, outcome: fc.constantFrom("deployed", "deployed", "running", "failed" as const) })
  .map((of) => (model: SiteModel) => model.step(of.name, of.outcome));
const edits = fc
  .record({ name, change: fc.constantFrom("spec", "park", "deploy", "lose readiness", "uninstall", "delete" as const) })
  .map((of) => (model: SiteModel) => model.edit(of.name, of.change));
/** Whatever happens, in whatever order. */
const interleaving = fc.array(fc.oneof({ weight: 4, arbitrary: looks }, { weight: 5, arbitrary: steps }, { weight: 1, arbitrary: edits }), {
  maxLength: 80,
});
const parked = fc.subarray(["a", "b", ...CHARTS]);

const statuses = ({ estate }: SiteModel): string =>
  JSON.stringify(
    [estate.charts, estate.groups, estate.manifests].map((store) => store.list().map(({ metadata, status }) => [metadata.name, status])),
  );

/** Everybody gets a turn until nothing happens any more. */
const settle = (model: SiteModel): number => {
  for (let round = 1; round <= 60; round += 1) {
    const [effects, said] = [model.journal.length, statuses(model)];
    for (const parent of ["m", "a", "b"]) model.look(parent);
    for (const each of CHARTS) model.step(each);
    if (model.journal.length === effects && said === statuses(model)) return round;
  }
  throw new Error(`no end in sight: ${model.journal.slice(-20).join(", ")}`);
};

/** Judged from the objects alone, not by the code under test. */
const isUp = (member: Member | undefined): boolean =>
  member !== undefined &&
  (isLibrary(member) ||
    member.spec.target_state === "uninstalled" ||
    (member.status?.actual_state === "deployed" && member.status.observedGeneration === member.metadata.generation));

const before = (member: string): readonly string[] => {
  const list = [Object.keys(GROUPS), ...Object.values(GROUPS)].find((names) => names.includes(member)) ?? [];
  return list.slice(0, list.indexOf(member));
};

const groupOf = (member: string): string => Object.keys(GROUPS).find((each) => GROUPS[each]?.includes(member)) ?? "";

const get = (model: SiteModel, member: string): Member | undefined =>
  model.estate.charts.get(`site/${member}`) ?? model.estate.groups.get(`site/${member}`);

describe("whatever happens in whatever order", () => {
  test("a sequenced parent enables a member only when all before it are deployed at their current generation", () => {
    fc.assert(
      fc.property(parked, interleaving, (park, events) => {
        const model = site(park);
        model.before = (verb, member) => {
          if (verb !== "enable") return;
          const open = before(member.metadata.name).filter((each) => !isUp(get(model, each)));
          expect({ enabling: member.metadata.name, open }).toEqual({ enabling: member.metadata.name, open: [] });
          expect(isLibrary(member)).toBe(false);
        };
        for (const event of events) event(model);
        settle(model);
      }),
      { numRuns: 300 },
    );
  });

  test("no member of a sequence is installed before all before it are deployed, once its controller is known", () => {
    fc.assert(
      fc.property(parked, interleaving, (park, events) => {
        const model = site(park);
        model.before = (verb, member) => {
          if (verb !== "start" || !isChart(member) || member.status?.release?.revision !== undefined) return;
          if (
            (member.metadata.ownerReferences ?? []).length === 0 ||
            get(model, groupOf(member.metadata.name))?.spec.target_state === "uninitialized"
          )
            return;
          const open = before(member.metadata.name).filter((each) => !isUp(get(model, each)));
          expect({ starting: member.metadata.name, open }).toEqual({ starting: member.metadata.name, open: [] });
        };
        for (const event of events) event(model);
        settle(model);
      }),
      { numRuns: 300 },
    );
  });

  test("the site comes to rest, and is up when nobody has taken anything away", () => {
    fc.assert(
      fc.property(parked, fc.boolean(), interleaving, (park, sequenced, events) => {
        const model = site(park, sequenced);
        for (const event of events) event(model);
        settle(model);
        const charts = CHARTS.map((each) => model.estate.charts.get(`site/${each}`));
        const top = model.estate.manifests.get("site/m");
        const complete = charts.every((each) => each !== undefined);
        expect([complete, top?.status?.satisfied]).toEqual([complete, complete]);
        if (!complete) expect(top?.status?.waiting_for).toMatch(/^for ./);
        for (const parent of ["m", "a", "b"]) expect(model.look(parent)?.actions ?? []).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("a site of parked members that is left alone comes up in exactly its order", () => {
    const model = site(["a", "b", ...CHARTS]);
    settle(model);
    expect(model.journal.filter((line) => line.startsWith("start"))).toEqual(CHARTS.map((each) => `start ${each}`));
    expect(model.journal.filter((line) => line.startsWith("enable"))).toEqual(["a", "1", "2", "3", "b", "4", "5"].map((each) => `enable ${each}`));
  });

  test("re-applying the whole estate, parked as it was, starts and enables nothing", () => {
    const model = site(["a", "b", ...CHARTS]);
    settle(model);
    const quiet = model.journal.length;
    for (let times = 0; times < 3; times += 1) {
      for (const each of CHARTS) model.edit(each, "park");
      for (const each of CHARTS) model.step(each);
    }
    expect(model.journal.slice(quiet).filter((line) => /^(enable|remove|adopt|release)/.test(line))).toEqual([]);
    settle(model);
    expect(model.estate.manifests.get("site/m")?.status?.satisfied).toBe(true);
  });
});

describe("removal, whatever happens in whatever order", () => {
  const order = (model: SiteModel): readonly string[] => model.journal.filter((line) => line.startsWith("gone")).map((line) => line.slice(5));

  test("a manifest goes in reverse and leaves nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(looks, steps), { maxLength: 60 }), (events) => {
        const model = site([]);
        settle(model);
        model.journal.length = 0;
        model.terminate("m");
        model.before = (verb, member) => expect([verb, isTerminating(member)]).toEqual(["remove", false]);
        for (const event of events) event(model);
        settle(model);
        expect(order(model)).toEqual(["5", "4", "b", "3", "2", "1", "a", "m"]);
      }),
      { numRuns: 100 },
    );
  });

  test("everything marked at once, as by kubectl delete -f, goes in reverse too", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(looks, steps), { maxLength: 60 }), (events) => {
        const model = site([]);
        settle(model);
        model.journal.length = 0;
        for (const parent of ["m", "a", "b"]) model.terminate(parent);
        for (const each of CHARTS) model.edit(each, "delete");
        for (const event of events) event(model);
        settle(model);
        expect(order(model)).toEqual(["5", "4", "b", "3", "2", "1", "a", "m"]);
      }),
      { numRuns: 100 },
    );
  });
});
