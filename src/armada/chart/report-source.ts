import { rfc3339 } from "../../base/time/clock.ts";
import { cutUtf8 } from "../../base/text.ts";
import { findCondition } from "../../runtime/conditions.ts";
import type { ChartArtifact } from "../../sources/source.ts";
import { factsOf, isRemote } from "../../sources/types.ts";
import type { ArmadaChart, ArmadaChartStatus } from "../api/chart.ts";
import { DEPENDENCIES_MAX } from "../api/history.ts";
import type { ArmadaEvent } from "../events.ts";
import { staleSource } from "./decision/source-rows.ts";
import type { ChartObserved } from "./observed.ts";

export const staleMessage = (chart: ArmadaChart, observed: ChartObserved): string | undefined => {
  if (observed.source.state === "reading") return staleBefore(chart)?.message;
  const stale = staleSource({ chart, observed });
  if (stale === undefined) return undefined;
  return observed.ownership.of === "ours"
    ? `the release stays as it is, but: ${stale}`
    : `its source cannot be read, so it could not be deployed now: ${stale}`;
};

const staleBefore = ({ status }: ArmadaChart) => {
  const stale = findCondition(status?.conditions, "SourceStale");
  return stale?.status === "True" ? stale : undefined;
};

/** Told once: status remembers that it was, and so does the operator that comes next. */
export const sourceEvents = (chart: ArmadaChart, observed: ChartObserved): readonly ArmadaEvent[] => {
  const was = staleBefore(chart) !== undefined;
  const message = staleMessage(chart, observed);
  if (!was && message !== undefined) return [{ type: "Warning", reason: "SourceStale", note: message }];
  if (!was || observed.source.state !== "ready") return [];
  const { version, source } = observed.source.artifact;
  return [{ type: "Normal", reason: "SourceRecovered", note: `the source can be read again: version ${version}, ${source.resolved}` }];
};

/** Of the chart that was last read. */
export const sourceStatus = (chart: ArmadaChart, { source }: ChartObserved): Pick<ArmadaChartStatus, "source"> => {
  const before = chart.status?.source;
  if (source.state !== "ready") return before === undefined ? {} : { source: before };
  const { type, insecure_skip_verify: insecure } = chart.spec.source;
  const { digest, own = digest, source: origin } = source.artifact;
  return {
    source: {
      type,
      resolved: origin.resolved,
      digest: own,
      fetched_at: fetchedAt(chart, origin),
      ...(source.dependencies.length === 0 ? {} : { dependencies: source.dependencies.slice(0, DEPENDENCIES_MAX).map(placed) }),
      ...(origin.verified === undefined ? {} : { verified: origin.verified }),
      ...(insecure === true && isRemote(factsOf(type)) ? { verification: "skipped" } : {}),
    },
  };
};

/** That of the first fetch, so that looking again changes nothing. */
const fetchedAt = ({ spec, status }: ArmadaChart, { resolved, fetchedAtMs }: ChartArtifact["source"]): string => {
  const before = status?.source;
  const isSame = before?.type === spec.source.type && before.resolved === resolved;
  return (isSame ? before.fetched_at : undefined) ?? rfc3339(fetchedAtMs);
};

/** Of what a Chart.yaml says, which is as long as somebody likes; a digest has room. */
const TITLE_BYTES = 72;

const placed = ({ name, version, digest, source: { resolved } }: ChartArtifact) => ({
  name: cutUtf8(name, TITLE_BYTES, "…"),
  version: cutUtf8(version, TITLE_BYTES, "…"),
  digest,
  resolved: cutUtf8(resolved, TITLE_BYTES, "…"),
});
