import { describe, expect, test } from "@jest/globals";
import { ENABLED_BY } from "../names.ts";
import { appliedAgain, chart, estateOf, find, group, groupOf, manifest, next, owned, put, siteOf } from "../testing/estate.ts";
import { isDone, isStillDone } from "./done.ts";
import { turn } from "./turn.ts";

describe("isDone", () => {
  test.each([
    ["D", true],
    ["W", false],
    ["O", false],
    ["R", false],
    ["P", false],
    ["N", false],
    ["F", false],
    ["U", true],
    ["L", true],
  ] as const)("of a chart in state %s is %s", (letter, expected) => {
    const { estate } = groupOf(`1${letter}`);
    expect(isDone(find(estate, "1"), estate)).toBe(expected);
  });

  test("a library by name is done before anybody has looked at it", () => {
    const library = chart("helm-toolkit-htk");
    expect(isDone(library, estateOf(library))).toBe(true);
  });

  test("of an empty group follows its own status", () => {
    const empty = owned(group("a", []), manifest("m", ["a"]));
    const estate = estateOf(empty);
    expect(isDone(empty, estate)).toBe(false);
    const seen = next(empty, { status: { actual_state: "deployed", observedGeneration: 1 } });
    expect(isDone(seen, estate)).toBe(true);
  });
});

describe("isStillDone", () => {
  const parked = { target_state: "uninitialized" } as const;

  /** A deployed chart whose file is applied again and again, with these changes to its spec. */
  const applied = (...changes: readonly object[]) => {
    const { parent, estate } = groupOf("1D 2D");
    const before = find(estate, "1");
    put(estate, next(before, { metadata: { ...before.metadata, annotations: { [ENABLED_BY]: parent.metadata.uid } } }));
    for (const change of changes) put(estate, appliedAgain(find(estate, "1"), change));
    return estate;
  };

  test.each([
    ["nothing", [], true],
    ["target_state, which its parent had set", [parked], true],
    ["target_state, there and back", [parked, { target_state: "deployed" }], true],
    ["values", [{ values: { a: 1 } }], false],
    ["target_state, and later values", [parked, { values: { a: 1 } }], false],
    ["values, and later target_state", [{ values: { a: 1 } }, parked], false],
    ["values, there and back", [{ values: { a: 1 } }, { values: undefined }], false],
    ["target_state and suspend", [{ ...parked, suspend: true }], false],
    ["target_state, to be uninstalled: it is skipped", [{ target_state: "uninstalled" }], true],
  ])("of a chart whose file is applied again and changes %s", (_, changes, expected) => {
    const estate = applied(...changes);
    expect(isStillDone(find(estate, "1"), estate)).toBe(expected);
  });

  test("does not give those behind it their turn", () => {
    const estate = applied(parked);
    expect([isDone(find(estate, "1"), estate), turn(find(estate, "2"), "install", estate).ready]).toEqual([false, false]);
  });

  test.each([
    ["is being deleted", { metadata: { deletionTimestamp: "2026-03-01T11:00:00Z" } }],
    ["said that it is suspended", { status: { reason: "Suspended" } }],
    ["has failed", { status: { actual_state: "failed" } }],
    ["is parked by its own file", { metadata: { annotations: {} } }],
  ] as const)("is not so of a chart that %s", (_, { metadata, status }: { readonly metadata?: object; readonly status?: object }) => {
    const estate = applied(parked);
    const before = find(estate, "1");
    put(estate, next(before, { metadata: { ...before.metadata, ...metadata }, status: { ...before.status, ...status } }));
    expect(isStillDone(find(estate, "1"), estate)).toBe(false);
  });

  test.each([
    ["aD: 1D 2D", true],
    ["aD: 1D 2R", false],
    ["aD: 1D 2X", false],
  ])("of a group looks at what is below it: %s", (notation, expected) => {
    const { estate } = siteOf(notation);
    for (const name of ["a", "1"]) put(estate, appliedAgain(find(estate, name), { target_state: "deployed" }));
    expect(isStillDone(find(estate, "a"), estate)).toBe(expected);
  });

  test("knows nothing of what was changed before this process", () => {
    const { estate } = groupOf("1O");
    expect(isStillDone(find(estate, "1"), estate)).toBe(false);
  });
});
