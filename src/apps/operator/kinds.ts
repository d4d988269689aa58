import { CHARTS, type ArmadaChart } from "../../armada/api/chart.ts";
import { GROUPS, type ArmadaChartGroup } from "../../armada/api/group.ts";
import { MANIFESTS, type ArmadaManifest } from "../../armada/api/manifest.ts";
import { describeAction, type ChartAction } from "../../armada/chart/action.ts";
import { decideChart } from "../../armada/chart/decide.ts";
import { observeChart, type ChartObserveDeps } from "../../armada/chart/observe.ts";
import type { ChartObserved } from "../../armada/chart/observed.ts";
import { performChart, type ChartPerformDeps } from "../../armada/chart/perform.ts";
import { reportChart } from "../../armada/chart/report.ts";
import { effectiveTarget, type Estate, type Parent } from "../../armada/estate/estate.ts";
import { unobservedReport } from "../../armada/status.ts";
import { CHART_FINALIZER, LEGACY_FINALIZERS, PARENT_FINALIZER } from "../../armada/names.ts";
import { describeParentAction, type ParentAction } from "../../armada/parent/action.ts";
import { decideParent } from "../../armada/parent/decide.ts";
import { observeParent } from "../../armada/parent/observe.ts";
import type { ParentObserved } from "../../armada/parent/observed.ts";
import { performParent, type ParentPerformDeps } from "../../armada/parent/perform.ts";
import { reportParent } from "../../armada/parent/report.ts";
import type { Verdict } from "../../armada/verdict.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Kind } from "../../runtime/reconcile/kind.ts";

export const chartKind = (deps: ChartObserveDeps & ChartPerformDeps): Kind<ArmadaChart, ChartObserved, ChartAction, Verdict> => ({
  resource: CHARTS,
  finalizer: CHART_FINALIZER,
  legacyFinalizers: LEGACY_FINALIZERS,
  observe: (chart, signal) => observeChart(chart, deps, signal),
  decide: decideChart,
  perform: (chart, observed, action, awaiting, signal) =>
    performChart(
      chart,
      observed,
      action,
      { ...deps, onHelmWait: (before) => awaiting(before === undefined ? undefined : `for a free helm slot (${String(before)} before it)`) },
      signal,
    ),
  report: reportChart,
  reportUnobserved: (chart, error) => unobservedReport(chart, error, { nowMs: deps.clock.now(), target: effectiveTarget(chart, deps.estate) }),
  describe: describeAction,
});

const parentKind = <P extends Parent>(
  resource: typeof GROUPS,
  deps: ParentPerformDeps & { readonly estate: Estate; readonly clock: Clock },
): Kind<P, ParentObserved, ParentAction, Verdict> => ({
  resource,
  finalizer: PARENT_FINALIZER,
  legacyFinalizers: LEGACY_FINALIZERS,
  observe: (parent, signal) => observeParent(parent, deps, deps.clock.now(), signal),
  decide: decideParent,
  perform: (parent, _observed, action, _awaiting, signal) => performParent(parent, action, deps, signal),
  report: reportParent,
  reportUnobserved: (parent, error) => unobservedReport(parent, error, { nowMs: deps.clock.now(), target: effectiveTarget(parent, deps.estate) }),
  describe: describeParentAction,
});

export type ParentDeps = Parameters<typeof parentKind>[1];

export const groupKind = (deps: ParentDeps): Kind<ArmadaChartGroup, ParentObserved, ParentAction, Verdict> => parentKind(GROUPS, deps);
export const manifestKind = (deps: ParentDeps): Kind<ArmadaManifest, ParentObserved, ParentAction, Verdict> =>
  parentKind<ArmadaManifest>(MANIFESTS, deps);
