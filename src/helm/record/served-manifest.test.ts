import { describe, expect, test } from "@jest/globals";
import type { Serving } from "../../runtime/api.ts";
import { keyOf, kindsOf, servedManifest } from "./served-manifest.ts";

const map = "\n# Source: a/templates/map.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  text: |\n    ---\n    x\n";
const widget = "\n# Source: a/templates/widget.yaml\napiVersion: example.org/v1\nkind: Widget\nmetadata:\n  name: w\n";
const scaler = '\napiVersion: "autoscaling/v2beta2"\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {maxReplicas: 2}\n';
const list =
  "\n{apiVersion: v1, kind: List, items: [{apiVersion: example.org/v1, kind: Widget, metadata: {name: l}}, {apiVersion: v1, kind: Secret, metadata: {name: s}}]}\n";

const SERVING: ReadonlyMap<string, Serving> = new Map<string, Serving>([
  [keyOf({ apiVersion: "example.org/v1", kind: "Widget" }), "gone"],
  [keyOf({ apiVersion: "autoscaling/v2beta2", kind: "HorizontalPodAutoscaler" }), { movedTo: "autoscaling/v2" }],
  [keyOf({ apiVersion: "v1", kind: "ConfigMap" }), "served"],
]);

test("kinds are named once, those in lists too", () => {
  expect(kindsOf(["", map, map, list, "\n# nothing\n", "\njust text\n"].join("---")).map(keyOf)).toEqual([
    "v1 ConfigMap",
    "example.org/v1 Widget",
    "v1 Secret",
  ]);
});

describe("servedManifest", () => {
  test("leaves a manifest as it is to the letter when everything is served", () => {
    const manifest = ["", map, "\n# nothing\n", map].join("---");
    expect(servedManifest(manifest, SERVING)).toEqual({ manifest, changes: [] });
  });

  test("leaves out what is gone and says what", () => {
    expect(servedManifest(["", map, widget, map].join("---"), SERVING)).toEqual({
      manifest: ["", map, map].join("---"),
      changes: ["the API server no longer serves example.org/v1 Widget: Widget w is removed from the release's record"],
    });
  });

  test("gives what has moved its new version", () => {
    const { manifest, changes } = servedManifest(["", scaler, map].join("---"), SERVING);
    expect(manifest).toBe(
      ["", '\n{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},"spec":{"maxReplicas":2}}\n', map].join("---"),
    );
    expect(changes).toEqual([expect.stringContaining("HorizontalPodAutoscaler h as autoscaling/v2")]);
  });

  test("takes lists apart", () => {
    expect(servedManifest(["", list].join("---"), SERVING).manifest).toBe('---\n{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}}\n');
  });

  test("of nothing but what is gone is empty", () => {
    expect(servedManifest(["", widget].join("---"), SERVING).manifest).toBe("");
  });
});
