import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ArmadaChart } from "../../api/chart.ts";
import type { StoreEstate } from "../../estate/store-estate.ts";
import { chart, estateOf, wideEstateOf } from "../../testing/estate.ts";
import { DEPTH_MAX, missingSentence, namesakesAmong, planOf, type Step } from "./dependencies.ts";

/** Charts in a notation: `a: b c; b: c; c`; `there/c` is one in another namespace. */
const chartsOf = (notation: string): readonly ArmadaChart[] =>
  notation.split("; ").map((text) => {
    const [head = "", names = ""] = text.split(": ");
    const [name = "", namespace = "site"] = head.split("/").toReversed();
    return chart(name, { metadata: { namespace, uid: `uid-${namespace}-${name}` }, spec: names === "" ? {} : { dependencies: names.split(" ") } });
  });

const shown = (step: Step): string => {
  const { name, namespace } = step.chart.metadata;
  const of = namespace === "site" ? name : `${namespace ?? ""}/${name}`;
  if ("problem" in step) return `${of}! ${step.problem}`;
  const places = step.places.map((place) =>
    place.is === "folder"
      ? `(${[place.name, ...place.outOfReach].join(" ")})`
      : `${place.chart.metadata.namespace === "site" ? "" : "there/"}${place.name}`,
  );
  return places.length === 0 ? of : `${of}: ${places.join(" ")}`;
};

const plan = (notation: string, estate: (...charts: readonly ArmadaChart[]) => StoreEstate): string => {
  const charts = chartsOf(notation);
  const [first] = charts;
  return first === undefined
    ? ""
    : planOf(first, estate(...charts))
        .map(shown)
        .join("; ");
};

describe("what is read for a chart, in order", () => {
  test.each([
    ["itself", "a", "a"],
    ["what it names before it", "a: b c; b; c", "b; c; a: b c"],
    ["what those name before them", "a: b; b: c; c", "c; b: c; a: b"],
    ["once, however many name it", "a: b c; b: d; c: d; d", "d; b: d; c: d; a: b c"],
    ["a name twice, once", "a: b c b; b; c", "b; c; a: b c"],
    ["the one of its own namespace, whatever is elsewhere", "a: b; there/b; b", "b; a: b"],
    ["a folder, where no chart has the name", "a: x", "a: (x)"],
  ])("%s: %s", (_, notation, expected) => {
    expect(plan(notation, estateOf)).toBe(expected);
    expect(plan(notation, wideEstateOf)).toBe(expected);
  });

  test.each([
    ["the only one elsewhere, with its own neighbours", "a: b; there/b: c; there/c; c", "there/c; there/b: there/c; a: there/b"],
    [
      "none of several elsewhere",
      "a: b; there/b; here/b",
      "a! ArmadaChart b, which spec.dependencies names, is not in this namespace and there are several elsewhere: here/b, there/b; give the one you mean a unique name",
    ],
    [
      "and says so on the one that names it",
      "a: b; b: c; there/c; here/c",
      "b! ArmadaChart c, which spec.dependencies names, is not in this namespace and there are several elsewhere: here/c, there/c; give the one you mean a unique name; a: b",
    ],
  ])("where other namespaces may be referred to: %s", (_, notation, expected) => {
    expect(plan(notation, wideEstateOf)).toBe(expected);
  });

  test("where they may not: a folder, and it is known who is out of reach", () => {
    expect(plan("a: b; there/b; here/b", estateOf)).toBe("a: (b here/b there/b)");
  });

  test("nothing, where an earlier CRD let something stand in the place of the list", () => {
    const odd: unknown = { dependencies: "b" };
    const of = chart("a");
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the API server may hand it out
    expect(planOf({ ...of, spec: { ...of.spec, ...(odd as object) } }, estateOf()).map(shown)).toEqual([
      'a! ArmadaChart a is refused: spec.dependencies is "b", but it must be a list.',
    ]);
  });

  test("neither a chart that is refused nor what that one names", () => {
    const refused = chart("b", { spec: { dependencies: ["c"], wait: { timeout: -1 } } });
    const [a, c] = [chart("a", { spec: { dependencies: ["b"] } }), chart("c")];
    expect(planOf(a, estateOf(a, refused, c)).map(shown)).toEqual([
      "b! ArmadaChart b is refused: spec.wait.timeout is -1, but it must be at least 0.",
      "a: b",
    ]);
  });
});

describe("a circle is named as the user wrote it", () => {
  const circle = (names: string): string => `charts depend on each other: ${names}; remove one of them from spec.dependencies`;
  test.each([
    ["a: a", "a → a"],
    ["a: b; b: a", "a → b → a"],
    ["a: b; b: c; c: a", "a → b → c → a"],
    ["a: x b; x; b: c; c: b", "b → c → b"],
    ["a: b c; b: d; d; c: d e; e: c", "c → e → c"],
  ])("%s", (notation, names) => {
    expect(plan(notation, estateOf)).toBe(`a! ${circle(names)}`);
  });

  test("also over namespaces", () => {
    expect(plan("a: b; there/b: a", wideEstateOf)).toBe(`a! ${circle("a → b → a")}`);
  });
});

describe("charts in one another", () => {
  const chain = (length: number): string => Array.from({ length }, (_, at) => (at + 1 < length ? `c${at}: c${at + 1}` : `c${at}`)).join("; ");
  test("are at most so many", () => {
    expect(plan(chain(DEPTH_MAX), estateOf)).toMatch(/c0: c1$/);
    expect(plan(chain(DEPTH_MAX + 1), estateOf)).toMatch(/^c0! more than 16 charts depend on each other: c0 → c1 → /);
  });

  test("also when the end of a chain was reached by another way before", () => {
    expect(plan(chain(DEPTH_MAX).replace("c0: c1", `c0: c9 c1`), estateOf)).toMatch(/c0: c9 c1$/);
    expect(plan(chain(DEPTH_MAX + 1).replace("c0: c1", `c0: c9 c1`), estateOf)).toMatch(/^c0! more than 16/);
  });

  test("in thousands are no trouble", () => {
    expect(plan(chain(5_000), estateOf)).toMatch(/^c0! more than 16/);
    const ladder = Array.from({ length: 14 }, (_, at) => `l${at}: l${at + 1} r${at + 1}; r${at}: l${at + 1} r${at + 1}`).join("; ");
    expect(plan(ladder, estateOf).split("; ")).toHaveLength(27);
  });
});

test("every graph has a plan: each chart once, after what it names, or a circle that is one", () => {
  const graph = fc.array(fc.uniqueArray(fc.nat({ max: 6 }), { maxLength: 3 }), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(graph, (edges) => {
      const charts = edges.map((to, at) => chart(`c${at}`, { spec: { dependencies: to.map((each) => `c${each}`) } }));
      const [first] = charts;
      if (first === undefined) return;
      const steps = planOf(first, estateOf(...charts));
      const names = steps.map((step) => step.chart.metadata.name);
      expect(new Set(names).size).toBe(names.length);
      expect(names.at(-1)).toBe("c0");
      for (const [at, step] of steps.entries()) {
        const placed = "places" in step ? step.places.filter(({ is }) => is === "chart").map(({ name }) => name) : [];
        expect(names.slice(0, at)).toEqual(expect.arrayContaining(placed));
        if (!("problem" in step)) continue;
        const circle = /^charts depend on each other: (?<names>[^;]+);/.exec(step.problem)?.groups?.["names"]?.split(" → ") ?? [];
        expect(circle.length).toBeGreaterThan(1);
        expect(circle[0]).toBe(circle.at(-1));
        for (const [from, name] of circle.slice(0, -1).entries()) {
          expect(charts.find(({ metadata }) => metadata.name === name)?.spec.dependencies).toContain(circle[from + 1]);
        }
      }
    }),
  );
});

test("two charts of one name are said with the names that the user wrote", () => {
  expect(
    namesakesAmong([
      { dependency: "a", chart: "common" },
      { dependency: "b", chart: "db" },
    ]),
  ).toBeUndefined();
  const three = [
    ["a", "common"],
    ["b", "db"],
    ["c", "common"],
  ].map(([dependency = "", name = ""]) => ({ dependency, chart: name }));
  expect(namesakesAmong(three)).toBe('spec.dependencies names "a" and "c", and both are the chart "common" by their Chart.yaml: name one of them');
});

describe("a missing dependency", () => {
  test.each([
    [[], "create one of them"],
    [["there/x"], "create one of them (there/x is in another namespace: that needs --cross-namespace=allow)"],
    [["b/x", "there/x"], "create one of them (b/x, there/x are in other namespaces: that needs --cross-namespace=allow)"],
  ])("is said with what to do, when there is %j elsewhere", (outOfReach, remedy) => {
    expect(missingSentence({ name: "x", is: "folder", outOfReach }, { namespace: "site", roots: ["/charts", "/more"] })).toBe(
      `there is no ArmadaChart x in namespace "site", no folder of that name below /charts, /more, and the chart does not contain it in charts/: ${remedy}`,
    );
  });

  test("is said with why the chart's own list of dependencies does not help", () => {
    const where = { namespace: "site", roots: ["/charts"], because: "there is no ../x" };
    expect(missingSentence({ name: "x", is: "folder", outOfReach: [] }, where)).toMatch(
      /: create one of them; and the repository in its Chart.yaml cannot be used: there is no \.\.\/x$/,
    );
  });
});
