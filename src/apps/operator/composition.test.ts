import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { CHARTS } from "../../armada/api/chart.ts";
import { GROUPS } from "../../armada/api/group.ts";
import { chart, group } from "../../armada/testing/estate.ts";
import { aborted } from "../../base/time/abortable.ts";
import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { secretResource } from "../../helm/record/store.ts";
import { healthRoute, metricsRoute, watchTrouble } from "../../runtime/health.ts";
import { serve, type Route, type Served } from "../../runtime/http-server.ts";
import { Manager } from "../../runtime/manager.ts";
import { MemoryApi } from "../../runtime/testing/memory-api.ts";
import { VERSION } from "../version.ts";
import { cacheRunnables, createCaches, type Caches, type ListWatch } from "./caches.ts";
import { createMetrics, type Metrics } from "./measure/metrics.ts";

const never = new AbortController().signal;

/** Lists what the API server holds, and hears of no change. */
const listing =
  (api: MemoryApi): ListWatch =>
  (resource, { transform, namespace }) => ({
    list: async (_page, signal) => ({ items: (await api.list(resource, { namespace }, signal)).map(transform), resourceVersion: "100" }),
    watch: async function* ({ resourceVersion }, signal) {
      yield { type: "BOOKMARK", resourceVersion };
      await aborted(signal);
    },
  });

const revision = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: {
    name: "sh.helm.release.v1.a.v1",
    namespace: "site",
    labels: { owner: "helm", name: "a", status: "deployed", version: "1" },
  },
};

let api: MemoryApi;
let metrics: Metrics;
let caches: Caches;
let stop: AbortController;
let running: Promise<void>;
beforeEach(async () => {
  api = new MemoryApi();
  metrics = createMetrics();
  stop = new AbortController();
  await api.create({ resource: CHARTS, namespace: "site" }, chart("a"), never);
  await api.create({ resource: GROUPS, namespace: "site" }, group("g", ["a"]), never);
  await api.create({ resource: secretResource, namespace: "site" }, revision, never);
  const shared = { api, clock: new ManualClock(), log: silentLogger, metrics };
  caches = createCaches({
    ...shared,
    listWatch: listing(api),
    config: { watchNamespaces: ["site"], crossNamespace: "deny", defaultServiceAccount: undefined },
  });
  const filled = Promise.withResolvers<void>();
  const ready = () => Promise.resolve(filled.resolve());
  const manager = new Manager(shared).add(...cacheRunnables(caches)).add({ name: "filled", run: aborted, ready });
  running = manager.run(stop.signal);
  await filled.promise;
});
afterEach(async () => {
  stop.abort();
  await running;
});

test("another program reads the estate and the releases in the caches, without controllers", () => {
  const { estate, releases, informers } = caches;
  const [member] = estate.charts.list();
  expect(member && estate.parentsNaming(member).map(({ metadata }) => metadata.name)).toEqual(["g"]);
  expect(releases.read({ namespace: "site", name: "a" })?.newest).toMatchObject({ revision: 1, status: "deployed" });
  expect(watchTrouble(informers)).toBeUndefined();
  expect(api.calls.filter(({ verb }) => verb !== "list" && verb !== "create")).toEqual([]);
});

test("one server answers for health, metrics and a page of one's own", async () => {
  const page: Route = (path) => (path === "/charts" ? { status: 200, body: String(caches.estate.charts.size) } : undefined);
  const routes = [healthRoute({ live: () => undefined, ready: () => watchTrouble(caches.informers) }), metricsRoute(metrics), page];
  const server: Served = await serve({ address: "127.0.0.1:0", routes, log: silentLogger });
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${String(server.port)}${path}`)).text();
  try {
    expect(await get("/readyz")).toBe("ok\n");
    expect(await get("/metrics")).toContain("armada_watch_restarts_total");
    expect(await get("/metrics")).toContain(`armada_build_info{version="${VERSION}",node_version="${process.version}"} 1`);
    expect(await get("/charts")).toBe("1\n");
  } finally {
    await server.close();
  }
});
