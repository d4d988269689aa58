import { describe, expect, test } from "@jest/globals";
import { INERT, inertMessage } from "./inert.ts";
import { KINDS } from "./kinds.ts";
import { REFUSED_CHART_FIELDS } from "./refuse.ts";
import { leaves, structural } from "./structural.ts";

/** Fields that the controllers act on, or that are shown to people. */
const ALIVE: Readonly<Record<string, readonly string[]>> = {
  ArmadaChart: [
    "chart_name",
    "release",
    "source.type",
    "source.location",
    "source.reference",
    "source.chart",
    "source.version",
    "source.digest",
    "source.secret_ref.name",
    "source.verify.provider",
    "source.verify.secret_ref.name",
    "source.insecure_skip_verify",
    "source.proxy_server",
    "source.subpath",
    "source.interval",
    "values",
    "target_state",
    "suspend",
    "wait.timeout",
    "timeout",
    "delete.timeout",
    "dependencies",
    "namespace",
    "service_account",
    "adoption",
    "deletion_policy",
    "upgrade.no_hooks",
    "upgrade.options.no_hooks",
    "upgrade.options.force",
    "revisionHistoryLimit",
  ],
  ArmadaChartGroup: ["chart_group", "sequenced", "description", "target_state", "suspend", "prune", "deletion_policy"],
  ArmadaManifest: ["chart_groups", "target_state", "suspend", "prune", "deletion_policy", "release_prefix", "apply_release_prefix"],
};

const REFUSED: Readonly<Record<string, readonly string[]>> = { ArmadaChart: REFUSED_CHART_FIELDS };

describe("every field of the schema", () => {
  test.each(KINDS.map((kind) => [kind.resource.kind, kind] as const))(
    "of %s is alive, inert with a reason, or refused: exactly one of them",
    (name, kind) => {
      const said = [...(ALIVE[name] ?? []), ...(INERT[name] ?? []).map(({ path }) => path), ...(REFUSED[name] ?? [])];
      expect(said.toSorted()).toEqual(leaves(structural(kind.spec)).toSorted());
    },
  );

  test.each(KINDS.map((kind) => [kind.resource.kind, kind] as const))("of %s has a text for kubectl explain", (_, kind) => {
    const undescribed = (schema: ReturnType<typeof structural>, path: string): readonly string[] =>
      Object.entries(schema.properties ?? schema.items?.properties ?? {}).flatMap(([key, child]) => [
        ...(child.description === undefined ? [`${path}.${key}`] : []),
        ...undescribed(child, `${path}.${key}`),
      ]);
    expect([...undescribed(structural(kind.spec), "spec"), ...undescribed(structural(kind.status), "status")]).toEqual([]);
  });
});

/** The fields that the message is about, in its order. */
const named = (message: string | undefined): readonly string[] =>
  [...(message ?? "").matchAll(/(?<=^|\. )spec\.(\S+)/g)].map(([, path]) => path ?? "");

describe("inertMessage", () => {
  const source = { type: "local", location: "/x" };
  test.each([
    ["a spec of living fields uses none", "ArmadaChart", { release: "a", source, values: { test: true } }, []],
    ["test: true is used", "ArmadaChart", { source, test: true }, ["test"]],
    ["test: false asks for nothing", "ArmadaChart", { source, test: false }, []],
    ["test.enabled: false asks for nothing", "ArmadaChart", { source, test: { enabled: false, timeout: 3 } }, []],
    ["test without enabled is used", "ArmadaChart", { source, test: { timeout: 3 } }, ["test"]],
    ["an empty wait.resources means something", "ArmadaChart", { source, wait: { timeout: 1, resources: [] } }, ["wait.resources"]],
    [
      "a map of what to wait for is used",
      "ArmadaChart",
      { source, wait: { resources: { job: false }, resources_list: [] } },
      ["wait.resources", "wait.resources_list"],
    ],
    ["no wait.resources asks for nothing", "ArmadaChart", { source, wait: { resources: null, resources_list: null }, test: null }, []],
    ["pre-actions that are off ask for nothing", "ArmadaChart", { source, upgrade: { pre: { cleanup: false, update_crd: false } } }, []],
    [
      "pre-actions that are on are named",
      "ArmadaChart",
      { source, upgrade: { pre: { cleanup: true, update_crd: true } } },
      ["upgrade.pre.cleanup", "upgrade.pre.update_crd"],
    ],
    ["empty legacy blocks ask for nothing", "ArmadaChart", { source, install: {}, upgrade: { no_hooks: false, pre: { delete: [] } } }, []],
    [
      "blocks of real documents are named one by one",
      "ArmadaChart",
      {
        source,
        install: { no_hooks: false },
        upgrade: { pre: { delete: [{ type: "job" }] }, options: { recreate_pods: true } },
      },
      ["install", "upgrade.options.recreate_pods", "upgrade.pre.delete"],
    ],
    ["a group's label is named", "ArmadaChartGroup", { chart_group: [], name: "x" }, ["name"]],
    ["a manifest's history limit is named", "ArmadaManifest", { chart_groups: [], revisionHistoryLimit: 0 }, ["revisionHistoryLimit"]],
  ] as const)("%s", (_, kind, spec, expected) => {
    expect(named(inertMessage(kind, spec))).toEqual(expected);
  });

  test("is one sentence a field, and names no value", () => {
    expect(inertMessage("ArmadaChart", { install: { secret: "hunter2" }, test: true })).toBe(
      "spec.install is a legacy field and has no effect. spec.test does not run helm test yet.",
    );
  });

  test("is absent when no inert field is used", () => {
    expect(inertMessage("ArmadaChart", {})).toBeUndefined();
  });
});
