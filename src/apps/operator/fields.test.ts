import { describe, expect, test } from "@jest/globals";
import type { ArmadaChartSpec } from "../../armada/api/chart.ts";
import { INERT } from "../../armada/api/inert.ts";
import { KINDS } from "../../armada/api/kinds.ts";
import { REFUSED_CHART_FIELDS } from "../../armada/api/refuse.ts";
import { leaves, structural, type StructuralSchema } from "../../armada/api/structural.ts";
import { decideParent } from "../../armada/parent/decide.ts";
import { observeParent } from "../../armada/parent/observe.ts";
import { reportParent } from "../../armada/parent/report.ts";
import type { Parent } from "../../armada/estate.ts";
import { chart, estateOf, group, manifest, owned } from "../../armada/testing.ts";
import { ChartWorld } from "./testing.ts";

/** For people who read the object; nothing is done with them and nothing needs to be said. */
const FOR_PEOPLE: Readonly<Record<string, readonly string[]>> = {
  ArmadaChart: ["chart_name"],
  ArmadaChartGroup: ["description"],
  ArmadaManifest: [],
};

const schemaOf = (kind: string): StructuralSchema => {
  const found = KINDS.find(({ resource }) => resource.kind === kind);
  if (found === undefined) throw new Error(`no kind ${kind}`);
  return structural(found.spec);
};

const at = (schema: StructuralSchema, path: readonly string[]): StructuralSchema =>
  path.reduce((found, key) => found.properties?.[key] ?? {}, schema);

/** A value that the field takes and that is none of its defaults. */
const sample = (schema: StructuralSchema): unknown => {
  const { type, enum: choices, items } = schema;
  if (Array.isArray(choices)) return choices.at(-1);
  if (type === "array") return items === undefined ? [] : [sample(items)];
  if (type === "boolean") return true;
  if (type === "integer") return 7;
  if (type === "string") return "changed";
  return { changed: "changed" };
};

/** `{a: {b: value}}` of `a.b`, over what was there. */
const set = (spec: object, [key = "", ...rest]: readonly string[], value: unknown): object => {
  const old: unknown = Reflect.get(spec, key);
  const inner = typeof old === "object" && old !== null ? old : {};
  return { ...spec, [key]: rest.length === 0 ? value : set(inner, rest, value) };
};

const changed = (kind: string, base: object, path: string): object => {
  const keys = path.split(".");
  return set(base, keys, sample(at(schemaOf(kind), keys)));
};

const alive = (kind: string, refused: readonly string[]): readonly string[] => {
  const others = [...(INERT[kind] ?? []).map(({ path }) => path), ...(FOR_PEOPLE[kind] ?? []), ...refused];
  return leaves(schemaOf(kind)).filter((leaf) => !others.includes(leaf));
};

const BASE: ArmadaChartSpec = { release: "blog", source: { type: "local", location: "/charts/x" } };

/** All that comes of a chart: requests to helm and to sources, when it is looked at again, and what it says of itself. */
const effects = async (spec: object) => {
  const world = new ChartWorld();
  try {
    await world.create({ ...BASE, ...spec });
    const first = await world.reconcile();
    const up = world.chart?.status;
    await world.clock.advance(60_000);
    await world.edit({ values: { other: "inputs" } });
    await world.reconcile();
    await world.delete();
    await world.reconcile();
    return { acts: JSON.stringify([world.helm.calls, world.fetched, first]), up };
  } finally {
    await world.close();
  }
};

const ignored = (status: Awaited<ReturnType<typeof effects>>["up"]): string =>
  status?.conditions?.find(({ type }) => type === "FieldsIgnored")?.message ?? "";

describe("a field of ArmadaChart", () => {
  test.each(alive("ArmadaChart", REFUSED_CHART_FIELDS))("%s changes what is done", async (path) => {
    const [before, after] = [await effects(BASE), await effects(changed("ArmadaChart", BASE, path))];
    expect(after.acts).not.toBe(before.acts);
    expect(ignored(after.up)).toBe("");
  });

  test.each((INERT["ArmadaChart"] ?? []).map(({ path }) => path))("%s changes nothing yet, and the object says so", async (path) => {
    const [before, after] = [await effects(BASE), await effects(changed("ArmadaChart", BASE, path))];
    expect(after.acts).toBe(before.acts);
    expect(ignored(after.up)).toContain(`spec.${path} `);
  });

  test.each(REFUSED_CHART_FIELDS)("%s is refused, and nothing is done", async (path) => {
    const spec = changed("ArmadaChart", BASE, path);
    const other = path === "source.type" ? set(spec, ["source", "type"], "git") : spec;
    const { acts, up } = await effects(other);
    expect([up?.reason, up?.actual_state]).toEqual(["InvalidSpec", "error"]);
    expect(acts).not.toContain('"verb":"install"');
  });

  test.each(FOR_PEOPLE["ArmadaChart"] ?? [])("%s is for people and changes nothing", async (path) => {
    expect(await effects(changed("ArmadaChart", BASE, path))).toEqual(await effects(BASE));
  });
});

/** What a parent of parked members does and says. */
const parentEffects = (parent: Parent): string => {
  const parkedSpec = { spec: { target_state: "uninitialized" }, status: { actual_state: "uninitialized", observedGeneration: 1 } } as const;
  const members = ["1", "2"].map((name) => owned(parent.kind === "ArmadaManifest" ? group(name, [], parkedSpec) : chart(name, parkedSpec), parent));
  const observed = observeParent(parent, estateOf(parent, ...members), 0);
  const decision = decideParent(parent, observed, []);
  const { actions, verdict } = decision;
  return JSON.stringify([
    actions.map(({ type, member }) => [type, member.metadata.name]),
    verdict,
    reportParent(parent, { observed, decision, outcomes: [] }),
  ]);
};

const PARENTS: Readonly<Record<string, { readonly base: object; readonly make: (spec: object) => Parent; readonly refused: readonly string[] }>> = {
  ArmadaChartGroup: { base: { chart_group: ["1", "2"] }, make: (spec) => group("g", [], { spec }), refused: [] },
  ArmadaManifest: { base: { chart_groups: ["1", "2"] }, make: (spec) => manifest("m", [], { spec }), refused: ["release_prefix"] },
};

describe.each(Object.entries(PARENTS))("a field of %s", (kind, { base, make, refused }) => {
  /** `uninitialized`, since the other value is the default. */
  const variant = (path: string): object => (path === "target_state" ? set(base, [path], "uninitialized") : changed(kind, base, path));

  test.each(alive(kind, refused))("%s changes what is done", (path) => {
    expect(parentEffects(make(variant(path)))).not.toBe(parentEffects(make(base)));
  });

  test.each((INERT[kind] ?? []).map(({ path }) => path))("%s changes nothing yet, and the object says so", (path) => {
    const said = parentEffects(make(variant(path)));
    expect(said).toContain(`spec.${path} `);
    const [actions, verdict] = [JSON.parse(said), JSON.parse(parentEffects(make(base)))].map((all: unknown) =>
      Array.isArray(all) ? all.slice(0, 2) : [],
    );
    expect(actions).toEqual(verdict);
  });

  test("that would change names is refused over parked members", () => {
    for (const path of refused) expect(parentEffects(make(variant(path)))).toContain("InvalidSpec");
  });
});
