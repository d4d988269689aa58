import type { Clock } from "../../base/time/clock.ts";
import type { ReleaseRef } from "../../helm/driver.ts";
import type { ReleaseRecord, ReleaseRecords, ReleaseStore } from "../../helm/release.ts";
import type { ApiClient, ResourceCatalog } from "../../runtime/api.ts";
import type { ArmadaChart } from "../api/chart.ts";
import type { Estate } from "../estate/estate.ts";
import type { ReleaseAccount } from "./account.ts";
import { estateFacts } from "./facts/estate-facts.ts";
import { ownershipFacts, type OwnershipFactsDeps } from "./facts/ownership-facts.ts";
import { releaseFacts, type ReleaseFactsDeps } from "./facts/release-facts.ts";
import { recordOf, removalFacts, type RemovalFactsDeps } from "./facts/removal-facts.ts";
import { sourceFacts, type SourceFactsDeps } from "./facts/source-facts.ts";
import type { ChartObserved } from "./observed.ts";
import { identify } from "./release/ownership.ts";

export interface ChartObserveDeps extends SourceFactsDeps, OwnershipFactsDeps, ReleaseFactsDeps, RemovalFactsDeps {
  readonly api: ApiClient & ResourceCatalog;
  readonly estate: Estate;
  readonly releases: ReleaseStore;
  readonly records: ReleaseRecords;
  readonly clock: Clock;
  /** Hold of the Lease under which the object of that uid is worked on. */
  readonly epochOf: (uid: string) => string;
  /** With whose rights a release is written; undefined: the operator's own. */
  readonly accountOf: (chart: ArmadaChart, release: ReleaseRef) => ReleaseAccount | undefined;
  /** Why a release may not live where the chart wants it; undefined when it may. */
  readonly refusal: (chart: ArmadaChart) => string | undefined;
  /** How many ArmadaCharts may be in its namespace, when it is one too many. */
  readonly crowding: (chart: ArmadaChart) => number | undefined;
}

/** Of a chart that is one too many the source is not read either. */
const UNREAD: SourceFactsDeps = { charts: { read: () => Promise.resolve({ state: "unread" }) } };

/** Looks at everything that the decision about a chart depends on. Reads only. */
export const observeChart = async (chart: ArmadaChart, deps: ChartObserveDeps, signal: AbortSignal): Promise<ChartObserved> => {
  const { estate, clock } = deps;
  const epoch = deps.epochOf(chart.metadata.uid);
  const release = identify(chart, deps);
  const [refusal, crowding] = [deps.refusal(chart), deps.crowding(chart)];
  const place = estateFacts(chart, estate, clock.now());
  const asked = { chart, release, target: place.target };
  const situation = { ...asked, record: await recordOf(asked, refusal, deps, signal) };
  const source = await sourceFacts(asked, crowding === undefined ? deps : UNREAD, signal);
  const owner = await ownershipFacts(situation, source, deps, signal);
  const removal = await removalFacts(situation, { ...owner, turn: place.turns.remove, refusal }, deps, signal);
  const contents = await releaseFacts(situation, { ...owner, ...source }, deps, signal);
  const account = deps.accountOf(chart, release);
  return { nowMs: clock.now(), epoch, release, account, refusal, crowding, ...place, ...source, ...owner, ...removal, ...contents };
};

/** What {@link observeChart} will ask of a revision, asked beforehand: its manifest, and its objects as helm left them. */
export const prepareChart = async (
  record: ReleaseRecord,
  { records, objects }: Pick<ChartObserveDeps, "records" | "objects">,
  signal: AbortSignal,
): Promise<void> => {
  const content = await records.read(record, signal);
  if (content === undefined || "damaged" in content) return;
  const listed = await objects.listed(record.release, content, signal);
  if (!("refused" in listed)) await objects.find(record.release, record.newest.secret, listed, signal);
};
