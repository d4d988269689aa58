import { expect, test } from "@jest/globals";
import type { ArmadaChart } from "../../../armada/api/chart.ts";
import { chart } from "../../../armada/testing/estate.ts";
import { createMetrics } from "./metrics.ts";
import { Store } from "../../../runtime/cache/store.ts";
import { showReadiness } from "./ready-gauge.ts";

const blog = (resourceVersion: string, generation: number, status: ArmadaChart["status"]): ArmadaChart => {
  const { metadata, ...rest } = chart("blog", {});
  return { ...rest, metadata: { ...metadata, namespace: "site", resourceVersion, generation }, ...(status === undefined ? {} : { status }) };
};

test("each object has one series, which follows its status and goes with it", async () => {
  const metrics = createMetrics();
  const store = new Store<ArmadaChart>();
  showReadiness([store], metrics, () => true);
  const series = async (): Promise<readonly string[]> =>
    (await metrics.objectReady.get()).values.map(({ labels, value }) => `${labels.kind}/${labels.namespace}/${labels.name} ${String(value)}`);
  const seen: (readonly string[])[] = [];
  for (const object of [
    blog("1", 1, undefined),
    blog("2", 1, { satisfied: false, observedGeneration: 1 }),
    blog("3", 1, { satisfied: true, observedGeneration: 1 }),
    blog("4", 2, { satisfied: true, observedGeneration: 1 }),
    blog("5", 2, { satisfied: true, observedGeneration: 2 }),
  ]) {
    store.upsert(object);
    seen.push(await series());
  }
  expect(seen.flat()).toEqual([0, 0, 1, 0, 1].map((value) => `ArmadaChart/site/blog ${String(value)}`));
  store.remove(blog("6", 2, undefined));
  expect(await series()).toEqual([]);
});

test("series of an earlier lease hold go with it", async () => {
  const metrics = createMetrics();
  const store = new Store<ArmadaChart>();
  showReadiness([store], metrics, () => true);
  store.upsert(blog("1", 1, undefined));
  showReadiness([new Store<ArmadaChart>()], metrics, () => true);
  expect((await metrics.objectReady.get()).values).toEqual([]);
});
