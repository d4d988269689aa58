import { expect } from "@jest/globals";
import { NAMESPACES, PATIENCE_MS, type Estate, type GroupSpec } from "./estate.ts";
import { eventually } from "../eventually.ts";
import { gone, has, type Predicate } from "../operator/recorder.ts";

const isReady: Predicate = has("status.readyReplicas", "1");
const isInstalled: Predicate = ({ type }) => type === "ADDED";

/** Charts without a Deployment of their own: the library, and the second one of a shared release. */
const WITHOUT = ["helm-toolkit", "storage-client-update"];
const installed = (charts: readonly string[]): readonly string[] => charts.filter((name) => !WITHOUT.includes(name));

/** helm started for no chart of a group before every pod of the groups before it was ready; in sequenced groups the same chart by chart. */
export const cameUpInOrder = async (estate: Estate, groups: readonly GroupSpec[], after: number): Promise<void> => {
  for (const [before, next] of steps(groups)) {
    const ready = await Promise.all(before.map((name) => estate.when(name, "Deployment", isReady, after)));
    const started = await Promise.all(next.map((name) => estate.when(name, "Secret", isInstalled, after)));
    expect([next, Math.min(...started)]).toEqual([next, Math.max(Math.min(...started), ...ready)]);
  }
};

/** Nothing of a group was removed before all of the groups behind it was gone; in sequenced groups the same chart by chart. */
export const wentInReverse = async (estate: Estate, groups: readonly GroupSpec[], after: number): Promise<void> => {
  for (const [before, next] of steps(groups)) {
    const left = await Promise.all(before.map((name) => estate.when(name, "Deployment", gone, after)));
    const away = await Promise.all(next.map((name) => estate.when(name, "ArmadaChart", gone, after)));
    expect([before, Math.min(...left)]).toEqual([before, Math.max(Math.min(...left), ...away)]);
  }
};

/** Pairs of charts that follow each other: those that go together, and those right behind them. */
const steps = (groups: readonly GroupSpec[]): readonly (readonly [readonly string[], readonly string[]])[] => {
  const waves = groups
    .flatMap(({ charts, sequenced }) => (sequenced ? installed(charts).map((name) => [name]) : [installed(charts)]))
    .filter((wave) => wave.length > 0);
  return waves.slice(1).map((wave, index) => [waves[index] ?? [], wave]);
};

/** Nothing of ours or of any release is left in any of the namespaces. */
export const isEmpty = (estate: Estate): Promise<void> =>
  eventually(
    "no object, release, label, finalizer or sentinel is left",
    async () => {
      for (const namespace of NAMESPACES) {
        const names = await estate.in(namespace).names("act,acg,amf,deploy,rs,pod,svc,secret,configmap");
        expect([namespace, names.filter((name) => name !== "configmap/kube-root-ca.crt")]).toEqual([namespace, []]);
      }
    },
    PATIENCE_MS,
  );
