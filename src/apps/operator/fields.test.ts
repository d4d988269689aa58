import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { CHARTS, type ArmadaChartSpec } from "../../armada/api/chart.ts";
import { GROUPS } from "../../armada/api/group.ts";
import { INERT } from "../../armada/api/inert.ts";
import { KINDS } from "../../armada/api/kinds.ts";
import { REFUSED_CHART_FIELDS } from "../../armada/api/refuse.ts";
import { leaves, structural, type StructuralSchema } from "../../armada/api/structural.ts";
import { describeParentAction } from "../../armada/parent/action.ts";
import { decideParent } from "../../armada/parent/decide.ts";
import { observeParent } from "../../armada/parent/observe.ts";
import { performParent } from "../../armada/parent/perform.ts";
import { reportParent } from "../../armada/parent/report.ts";
import type { Member, Parent } from "../../armada/estate/estate.ts";
import { chart, estateOf, group, manifest, owned } from "../../armada/testing/estate.ts";
import { MemoryApi } from "../../runtime/testing/memory-api.ts";
import { ChartWorld } from "./testing/operator.ts";

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
  if (type === undefined) return { changed: {} };
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

const BASE: ArmadaChartSpec = { release: "blog", source: { type: "tar", location: "https://example.org/x.tgz" } };

/** All that comes of a chart: requests to helm and to sources, when it is looked at again, and what it says of itself. */
const effects = async (spec: object, before: (world: ChartWorld) => void = () => undefined) => {
  const world = new ChartWorld();
  try {
    before(world);
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
    // What a field is about must be there: `adoption` is about a release of nobody.
    const scene = (world: ChartWorld): void => (path === "adoption" ? world.helm.plant({ namespace: "site", name: "blog" }) : undefined);
    const [before, after] = [await effects(BASE, scene), await effects(changed("ArmadaChart", BASE, path), scene)];
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
    const { acts, up } = await effects(spec);
    expect([up?.reason, up?.actual_state]).toEqual(["InvalidSpec", "error"]);
    expect(acts).not.toContain('"verb":"install"');
  });

  test.each(FOR_PEOPLE["ArmadaChart"] ?? [])("%s is for people and changes nothing", async (path) => {
    expect(await effects(changed("ArmadaChart", BASE, path))).toEqual(await effects(BASE));
  });
});

/** What a parent of parked members does and says while it lives, while it goes, and about a member that has left its list. */
const parentEffects = async (parent: Parent): Promise<string> => {
  const parkedSpec = { spec: { target_state: "uninitialized" }, status: { actual_state: "uninitialized", observedGeneration: 1 } } as const;
  const make = (name: string): Member => (parent.kind === "ArmadaManifest" ? group(name, [], parkedSpec) : chart(name, parkedSpec));
  const members = ["1", "2", "left"].map((name) => owned(make(name), parent));
  const going = { ...parent, metadata: { ...parent.metadata, deletionTimestamp: "2026-01-02T00:00:00Z" } };
  const told = await Promise.all([parent, going].map((each) => passOf(each, members)));
  return JSON.stringify(told);
};

const passOf = async (parent: Parent, members: readonly Member[]): Promise<readonly [unknown, unknown, unknown, unknown]> => {
  const api = new MemoryApi();
  const never = new AbortController().signal;
  for (const member of members) {
    const resource = member.kind === "ArmadaChart" ? CHARTS : GROUPS;
    await api.create({ resource, namespace: "site" }, { ...member, metadata: { ...member.metadata, uid: undefined } }, never);
  }
  const estate = estateOf(parent, ...members);
  const observed = await observeParent(parent, { api, estate }, 0, never);
  const decision = decideParent(parent, observed, []);
  const { length } = api.calls;
  const deps = {
    api,
    store: () => undefined,
    ownersOf: () => [],
    ownsElsewhere: () => false,
    ownersUnwatched: async () => [],
    reread: () => Promise.resolve(parent),
  };
  await Promise.allSettled(decision.actions.map((action) => performParent(parent, action, deps, never)));
  const written = api.calls.slice(length).map(({ verb, name, body }) => [verb, name, body]);
  return [decision.actions.map(describeParentAction), decision.verdict, written, reportParent(parent, { observed, decision, outcomes: [] })];
};

const PARENTS: Readonly<Record<string, { readonly base: object; readonly make: (spec: object) => Parent }>> = {
  ArmadaChartGroup: { base: { chart_group: ["1", "2"] }, make: (spec) => group("g", [], { spec }) },
  ArmadaManifest: { base: { chart_groups: ["1", "2"], release_prefix: "site" }, make: (spec) => manifest("m", [], { spec }) },
};

/** Of fields whose last value, or truth, is the default. */
const OTHER: Readonly<Record<string, unknown>> = { target_state: "uninitialized", apply_release_prefix: false };

describe.each(Object.entries(PARENTS))("a field of %s", (kind, { base, make }) => {
  const variant = (path: string): object => (path in OTHER ? set(base, [path], OTHER[path]) : changed(kind, base, path));

  test.each(alive(kind, []))("%s changes what is done", async (path) => {
    expect(await parentEffects(make(variant(path)))).not.toBe(await parentEffects(make(base)));
  });

  test.each((INERT[kind] ?? []).map(({ path }) => path))("%s changes nothing yet, and the object says so", async (path) => {
    const said = await parentEffects(make(variant(path)));
    expect(said).toContain(`spec.${path} `);
    const doings = [said, await parentEffects(make(base))].map((text) =>
      z
        .array(z.array(z.unknown()))
        .parse(JSON.parse(text))
        .map((pass) => pass.slice(0, 3)),
    );
    expect(doings[0]).toEqual(doings[1]);
  });
});
