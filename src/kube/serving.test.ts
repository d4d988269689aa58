import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { ApiError } from "../runtime/api.ts";
import { Discovery } from "./discovery.ts";
import type { HttpRequest } from "./http.ts";

const never = new AbortController().signal;

interface Version {
  readonly version: string;
  readonly kinds: readonly string[];
  readonly freshness?: string;
}

const group = (name: string, ...versions: readonly Version[]): object => ({
  metadata: { name },
  versions: versions.map(({ version, kinds, freshness = "Current" }) => ({
    version,
    freshness,
    resources: kinds.map((kind) => ({ resource: kind.toLowerCase(), responseKind: { group: name, version, kind } })),
  })),
});

const GROUPS = [
  group("autoscaling", { version: "v2", kinds: ["HorizontalPodAutoscaler"] }, { version: "v1", kinds: ["HorizontalPodAutoscaler", "Scale"] }),
  group("networking.k8s.io", { version: "v1", kinds: ["Ingress"] }),
  group("metrics.k8s.io", { version: "v1beta1", kinds: [], freshness: "Stale" }),
];

/** What the group and version say of their own; an error where they do not. */
const discoveryOf = (own: (path: string) => unknown): Discovery => {
  const request = async ({ path }: HttpRequest): Promise<unknown> =>
    path === "/apis" ? { kind: "APIGroupDiscoveryList", items: GROUPS } : own(path);
  return new Discovery({ http: { request }, clock: new ManualClock() });
};

const failing = (status: number) => (): never => {
  throw new ApiError("no", { status, reason: "Any" });
};

describe("a kind", () => {
  test.each([
    ["that is there is served", "autoscaling/v1", "HorizontalPodAutoscaler", "served"],
    [
      "of a version that was removed has moved to the one its group prefers",
      "autoscaling/v2beta2",
      "HorizontalPodAutoscaler",
      { movedTo: "autoscaling/v2" },
    ],
    ["of a group that was removed has moved to another", "extensions/v1beta1", "Ingress", { movedTo: "networking.k8s.io/v1" }],
    ["of a definition that was deleted is gone", "example.org/v1", "Widget", "gone"],
    ["that its group does not have any more is gone", "autoscaling/v2", "Oddity", "gone"],
  ])("%s", async (_, apiVersion, kind, expected) => {
    expect(await discoveryOf(failing(404)).serving(apiVersion, kind, never)).toEqual(expected);
  });

  test("is not gone when its group and version have it", async () => {
    const own = discoveryOf(() => ({ resources: [{ name: "widgets", kind: "Widget", namespaced: true, verbs: ["list"] }] }));
    expect(await own.serving("example.org/v1", "Widget", never)).toBe("served");
  });

  test.each([403, 500, 503, 0])("is not gone because its group and version answer %d", async (status) => {
    await expect(discoveryOf(failing(status)).serving("example.org/v1", "Widget", never)).rejects.toMatchObject({ status });
  });

  test("is not gone because the server of its group is away", async () => {
    await expect(discoveryOf(failing(404)).serving("metrics.k8s.io/v1beta1", "PodMetrics", never)).rejects.toThrow("does not respond");
  });

  test.each([403, 503, 0])("is not gone because the whole list is answered by %d", async (status) => {
    const discovery = new Discovery({ http: { request: failing(status) }, clock: new ManualClock() });
    await expect(discovery.serving("example.org/v1", "Widget", never)).rejects.toMatchObject({ status });
  });
});
