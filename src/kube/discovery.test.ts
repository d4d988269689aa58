import { beforeEach, expect, test } from "@jest/globals";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { ApiError } from "../runtime/api.ts";
import { Discovery } from "./discovery.ts";
import type { HttpRequest } from "./http.ts";

const never = new AbortController().signal;
const crds = "example.org/v1";
const entry = (name: string, kind: string, verbs: readonly string[] = ["list"]): object => ({ name, kind, namespaced: true, verbs });

let clock: ManualClock;
let served: Map<string, readonly object[] | Error>;
let reads: string[];
let discovery: Discovery;

beforeEach(() => {
  clock = new ManualClock();
  reads = [];
  served = new Map([["/api/v1", [entry("pods", "Pod"), entry("pods/status", "Pod"), { ...entry("nodes", "Node"), namespaced: false }]]]);
  const request = ({ path }: HttpRequest): Promise<unknown> => {
    reads.push(path);
    const resources = served.get(path) ?? new ApiError("no such group", { status: 404, reason: "NotFound" });
    return resources instanceof Error ? Promise.reject(resources) : Promise.resolve({ resources });
  };
  discovery = new Discovery({ http: { request }, clock });
});

test("a kind is found in the list of its group and version, which is read once", async () => {
  const [pod, node] = await Promise.all([discovery.resolve("v1", "Pod", never), discovery.resolve("v1", "Node", never)]);
  expect(pod).toEqual({ group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true });
  expect(node).toEqual({ group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false });
  await discovery.resolve("v1", "Pod", never);
  expect(reads).toEqual(["/api/v1"]);
});

test("a kind that is not served is asked for again, once a second", async () => {
  expect(await discovery.resolve(crds, "Widget", never)).toBeUndefined();
  served.set(`/apis/${crds}`, [entry("widgets", "Widget")]);
  await clock.advance(999);
  expect(await discovery.resolve(crds, "Widget", never)).toBeUndefined();
  await clock.advance(1);
  expect(await discovery.resolve(crds, "Widget", never)).toMatchObject({ group: "example.org", version: "v1", plural: "widgets" });
  expect(reads).toHaveLength(2);
});

test("of two resources of one kind the one that can be listed is taken", async () => {
  served.set(`/apis/${crds}`, [entry("widgets", "Widget"), entry("widgetreviews", "Widget", ["create"])]);
  expect(await discovery.resolve(crds, "Widget", never)).toMatchObject({ plural: "widgets" });
});

test("a server that does not tell is an error, and asked again by the next", async () => {
  served.set(`/apis/${crds}`, new ApiError("later", { status: 503, reason: "ServiceUnavailable" }));
  await expect(discovery.resolve(crds, "Widget", never)).rejects.toThrow("later");
  served.set(`/apis/${crds}`, [entry("widgets", "Widget")]);
  expect(await discovery.resolve(crds, "Widget", never)).toMatchObject({ plural: "widgets" });
});
