import { expect, test } from "@jest/globals";
import { chart } from "../../../armada/testing/estate.ts";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import { createMetrics } from "./metrics.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { Phases } from "./phases.ts";

const world = () => {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const phases = new Phases({ clock, metrics });
  /** `phase count sum`, of phases that were counted. */
  const counted = async (): Promise<readonly string[]> => {
    const { values } = await metrics.chartPhase.get();
    const of = (name: string) => values.filter(({ metricName }) => metricName === `armada_chart_phase_seconds_${name}`);
    return of("count").map(({ labels, value }, index) => `${String(labels.phase)} ${String(value)} ${String(of("sum")[index]?.value)}`);
  };
  return { clock, phases, counted };
};

const secret = (revision: number, status: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: `s.v${String(revision)}`, namespace: "site", uid: "s", resourceVersion: "1", labels: { version: String(revision), status } },
});
const blog = chart("blog", {});
const ready = (revision: number) => ({ ...blog, status: { release: { name: "blog", namespace: "site", revision, ready_revision: revision } } });

test("reading a chart is timed, whether it comes or not", async () => {
  const { clock, phases, counted } = world();
  const source = phases.timed({
    fetch: async () => {
      await clock.advance(250);
      throw new Error("absent");
    },
  });
  await expect(source.fetch({ type: "local", location: "/x", subpath: "." }, new AbortController().signal)).rejects.toThrow("absent");
  expect(await counted()).toEqual(["source 1 0.25"]);
});

test("installs and upgrades are timed, removals are not", async () => {
  const { phases, counted } = world();
  for (const verb of ["install", "upgrade", "uninstall"]) phases.helmEnded(verb, 100);
  expect(await counted()).toEqual(["helm 2 0.2"]);
});

test("from the record that says deployed to the status that says ready, once a revision", async () => {
  const { clock, phases, counted } = world();
  phases.releaseChanged({ type: "updated", old: secret(1, "pending-install"), object: secret(1, "deployed") }, [blog]);
  await clock.advance(1_000);
  phases.chartChanged(blog);
  expect(await counted()).toEqual([]);
  await clock.advance(2_000);
  phases.chartChanged(ready(1));
  phases.chartChanged(ready(1));
  expect(await counted()).toEqual(["ready 1 3"]);
  phases.releaseChanged({ type: "updated", old: secret(2, "pending-upgrade"), object: secret(2, "deployed") }, [blog]);
  phases.chartChanged(ready(1));
  await clock.advance(1_000);
  phases.chartChanged(ready(2));
  expect(await counted()).toEqual(["ready 2 4"]);
});

test.each([
  ["a revision that was deployed before", { type: "added", object: secret(1, "deployed") }],
  ["new labels on a deployed revision", { type: "updated", old: secret(1, "deployed"), object: secret(1, "deployed") }],
  ["a revision that failed", { type: "updated", old: secret(1, "pending-install"), object: secret(1, "failed") }],
] as const)("%s begins nothing", async (_, change) => {
  const { phases, counted } = world();
  phases.releaseChanged(change, [blog]);
  phases.chartChanged(ready(1));
  expect(await counted()).toEqual([]);
});

test("a chart that is gone is not waited for", async () => {
  const { phases, counted } = world();
  phases.releaseChanged({ type: "updated", old: secret(1, "pending-install"), object: secret(1, "deployed") }, [blog]);
  phases.chartGone(blog.metadata.uid);
  phases.chartChanged(ready(1));
  expect(await counted()).toEqual([]);
});
