import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { startBadDays, type BadDays } from "../../testing/charts/bad-days.ts";
import { CONFIG_MAP, hookJob } from "../../testing/charts/chart-folder.ts";
import { DEPLOYED } from "../../testing/charts/chart-site.ts";
import { systemClock } from "../../../src/base/time/clock.ts";
import { eventually } from "../../testing/eventually.ts";

jest.setTimeout(120_000);

const PLACES = 2;
const STUCK = Array.from({ length: 6 }, (_, at) => `stuck-${at}`);

let site: BadDays;

beforeAll(async () => {
  site = await startBadDays(
    async (charts) => {
      await charts.write("text", { "map.yaml": CONFIG_MAP });
      await charts.write("hooked", { "map.yaml": CONFIG_MAP, "hook.yaml": hookJob("pre-install") });
    },
    { flags: ["--concurrency", String(PLACES), "--max-charts-per-namespace", String(STUCK.length)] },
  );
}, 60_000);

afterAll(async () => site?.stop(), 60_000);

test("hooks that never end hold up their own namespace only, and who waits says how many go before", async () => {
  const [greedy, other] = [await site.space(), await site.space()];
  for (const name of STUCK) await greedy.apply(name, { chart: "hooked" });
  const waiting = async (): Promise<readonly string[]> => {
    const statuses = await Promise.all(STUCK.map((name) => greedy.status(name, {})));
    return statuses.flatMap(({ waiting_for = "" }) => /^for a free helm slot \(([0-9]+) before it\), since /.exec(waiting_for)?.[1] ?? []);
  };
  // Of four that wait at first, one may go on when a helm rests.
  await eventually("charts wait for a helm slot", async () => expect((await waiting()).length).toBeGreaterThanOrEqual(3));
  for (const name of ["one", "two", "three"]) {
    await other.apply(name, { chart: "text" });
    await other.status(name, DEPLOYED);
  }
});

test("a chart beyond what its namespace may have waits until an older one is deleted", async () => {
  const space = await site.space();
  const names = STUCK.map((_, at) => `text-${String(at)}`);
  for (const name of names) await space.apply(name, { chart: "text" });
  for (const name of names) await space.status(name, DEPLOYED);
  const second = (): number => Math.floor(systemClock.now() / 1000);
  const last = second();
  await eventually("the next chart is younger, as the API server tells time", () => expect(second()).toBeGreaterThan(last));
  await space.apply("more", { chart: "text" });
  await space.status("more", {
    actual_state: "pending",
    reason: "TooManyCharts",
    waiting_for: expect.stringContaining("for one of the 6 older ArmadaCharts of its namespace to be deleted"),
  });
  await space.deleteChart("text-3");
  await space.status("more", DEPLOYED);
});
