import type { Clock } from "../../../base/time/clock.ts";
import type { ArmadaChart } from "../../../armada/api/chart.ts";
import { below, parentsOf } from "../../../armada/wake.ts";
import { controllerOf, isChart, isSequenced, memberNames, type Estate, type Node } from "../../../armada/estate/estate.ts";
import type { Metrics } from "./metrics.ts";

/**
 * Measures hand-overs: from the moment the last object of what stands before in a sequence was seen ready to the start of the next helm.
 * For the metric only; nothing is decided on it.
 */
export class Handover {
  readonly #clock: Clock;
  readonly #estate: Estate;
  readonly #metrics: Pick<Metrics, "handover">;
  /** Chart uid → monotonic time of its last object event, and of the event after which it was deployed. */
  readonly #heard = new Map<string, number>();
  readonly #ready = new Map<string, number>();

  constructor(deps: { readonly clock: Clock; readonly estate: Estate; readonly metrics: Pick<Metrics, "handover"> }) {
    this.#clock = deps.clock;
    this.#estate = deps.estate;
    this.#metrics = deps.metrics;
  }

  objectChanged(uid: string): void {
    this.#heard.set(uid, this.#clock.monotonic());
  }

  chartChanged(old: ArmadaChart | undefined, chart: ArmadaChart): void {
    const { uid } = chart.metadata;
    const was = old?.status?.actual_state;
    const is = chart.status?.actual_state;
    if (is === "deployed" && was !== "deployed") this.#ready.set(uid, this.#heard.get(uid) ?? this.#clock.monotonic());
    else if (is !== "deployed") this.#ready.delete(uid);
  }

  chartGone(uid: string): void {
    this.#heard.delete(uid);
    this.#ready.delete(uid);
  }

  helmStarted(chart: ArmadaChart): void {
    const before = this.#before(chart).flatMap(({ metadata }) => this.#ready.get(metadata.uid) ?? []);
    if (before.length > 0) this.#metrics.handover.observe((this.#clock.monotonic() - Math.max(...before)) / 1000);
  }

  /** Charts whose readiness a chart waited for: those before it in its sequence, or the group before its group. */
  #before(node: Node): readonly ArmadaChart[] {
    const parent = controllerOf(node, this.#estate) ?? parentsOf(node, this.#estate)[0];
    if (parent === undefined) return [];
    const names = memberNames(parent);
    const place = names.indexOf(node.metadata.name);
    const previous = isSequenced(parent) && place > 0 ? this.#estate.member(parent, names[place - 1] ?? "") : undefined;
    if (previous === undefined) return place === 0 || !isSequenced(parent) ? this.#before(parent) : [];
    return isChart(previous) ? [previous] : below(previous, this.#estate).filter(isChart);
  }
}
