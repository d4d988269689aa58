import type { Clock } from "../../../base/time/clock.ts";
import type { ArmadaChart } from "../../../armada/api/chart.ts";
import { below, parentsOf } from "../../../armada/wake.ts";
import { controllerOf, isChart, isSequenced, memberNames, type Estate, type Node } from "../../../armada/estate/estate.ts";
import type { Change } from "../../../runtime/cache/store.ts";
import { disturbs } from "./disturbance.ts";
import type { Metrics } from "./metrics.ts";

/** With these reasons a chart stands in line; with others helm runs for another cause than what is before it. */
const IN_LINE: ReadonlySet<string | undefined> = new Set([undefined, "Parked", "WaitingForTurn", "WaitingForSource", "Installing"]);

/** Where a chart stands. */
interface Place {
  /** Charts whose readiness it waited for: those before it in its sequence, or the group before its group. */
  readonly before: readonly ArmadaChart[];
  /** Itself, everything above it, and what stands right before any of these. */
  readonly nodes: readonly Node[];
}

/**
 * Measures hand-overs: from the moment the last object of what stands before in a sequence was seen ready to the start of the next helm. Not counted
 * where a person or a failure had a part in that time. For the metric only; nothing is decided on it.
 */
export class Handover {
  readonly #clock: Clock;
  readonly #estate: Estate;
  readonly #metrics: Pick<Metrics, "handover">;
  /** Chart uid → monotonic time of its last object event, and of the event after which it was deployed. */
  readonly #heard = new Map<string, number>();
  readonly #ready = new Map<string, number>();
  /** uid → monotonic time of what last {@link disturbs}, or of the last helm for it. */
  readonly #disturbed = new Map<string, number>();

  constructor(deps: { readonly clock: Clock; readonly estate: Estate; readonly metrics: Pick<Metrics, "handover"> }) {
    this.#clock = deps.clock;
    this.#estate = deps.estate;
    this.#metrics = deps.metrics;
  }

  objectChanged(uid: string): void {
    this.#heard.set(uid, this.#clock.monotonic());
  }

  nodeChanged(change: Change<Node>): void {
    const { type, old, object } = change;
    const { uid } = object.metadata;
    if (type === "deleted") for (const times of [this.#heard, this.#ready, this.#disturbed]) times.delete(uid);
    else {
      if (disturbs(change)) this.#disturbed.set(uid, this.#clock.monotonic());
      if (isChart(object)) this.#chartChanged(old, object);
    }
  }

  #chartChanged(old: Node | undefined, { metadata: { uid }, status }: ArmadaChart): void {
    if (status?.actual_state !== "deployed") this.#ready.delete(uid);
    else if (old?.status?.actual_state !== "deployed") this.#ready.set(uid, this.#heard.get(uid) ?? this.#clock.monotonic());
  }

  helmStarted(chart: ArmadaChart): void {
    const { before, nodes } = this.#placeOf(chart);
    const readyAt = Math.max(...before.flatMap(({ metadata }) => this.#ready.get(metadata.uid) ?? []));
    const undisturbed = nodes.every(({ metadata }) => (this.#disturbed.get(metadata.uid) ?? -Infinity) < readyAt);
    const now = this.#clock.monotonic();
    if (Number.isFinite(readyAt) && IN_LINE.has(chart.status?.reason) && undisturbed) this.#metrics.handover.observe((now - readyAt) / 1000);
    this.#disturbed.set(chart.metadata.uid, now);
  }

  #placeOf(node: Node): Place {
    const parent = controllerOf(node, this.#estate) ?? parentsOf(node, this.#estate)[0];
    if (parent === undefined) return { before: [], nodes: [node] };
    const above = this.#placeOf(parent);
    const names = memberNames(parent);
    const place = names.indexOf(node.metadata.name);
    if (place === 0 || !isSequenced(parent)) return { before: above.before, nodes: [node, ...above.nodes] };
    const previous = this.#estate.member(parent, names[place - 1] ?? "");
    const earlier = previous === undefined ? [] : isChart(previous) ? [previous] : [previous, ...below(previous, this.#estate)];
    return { before: earlier.filter(isChart), nodes: [node, ...earlier, ...above.nodes] };
  }
}
