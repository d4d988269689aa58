import { assertNever } from "../../../base/errors.ts";
import { keyOf } from "../../../runtime/object.ts";
import type { ActualState, TargetState } from "../../api/common.ts";
import { effectiveTarget, isChart, isManifest, isObserved, isTerminating, type Member, type Parent } from "../../estate/estate.ts";
import { ENABLED_BY } from "../../names.ts";
import type { StoreEstate } from "../../estate/store-estate.ts";
import { estateOf, find, put, referenceTo } from "../../testing/estate.ts";
import { turn } from "../../estate/turn.ts";
import type { MemberAction } from "../action.ts";
import type { ParentDecision } from "../context.ts";
import { decideParent } from "../decide.ts";
import { parentFacts } from "../observe.ts";
import { reportParent } from "../report.ts";
import { NOW } from "./parents.ts";

/** An estate in memory whose members do in one step what takes a real chart minutes. For properties. */
export class SiteModel {
  readonly estate: StoreEstate;
  /** Effects of parents and starts of helm, in order: `enable 2`, `start 2`, `remove 1`, `gone 1`. */
  readonly journal: string[] = [];
  /** Called before an effect of a parent, and before a chart starts. */
  before: (verb: string, member: Member) => void = () => undefined;
  #version = 100;

  constructor(parents: readonly Parent[], members: readonly Member[]) {
    this.estate = estateOf(...parents, ...members);
  }

  /** One pass of the kernel over a parent: look, say, act. */
  look(name: string): ParentDecision | undefined {
    const parent = this.estate.manifests.get(`site/${name}`) ?? this.estate.groups.get(`site/${name}`);
    if (parent === undefined) return undefined;
    const observed = parentFacts(parent, this.estate, NOW);
    const decision = decideParent(parent, observed, []);
    const { status } = reportParent(parent, { observed, decision, outcomes: [] });
    this.#write({ ...parent, status });
    for (const action of decision.actions) if (action.type !== "deleteSentinel") this.#perform(parent, action);
    if (decision.gone === true && isTerminating(parent)) this.#remove(parent);
    return decision;
  }

  /** A chart does its next thing: notes that it is parked, starts, becomes ready, goes. `outcome` is how its start ends. */
  step(name: string, outcome: "deployed" | "running" | "failed" = "deployed"): void {
    const chart = this.estate.charts.get(`site/${name}`);
    if (chart === undefined) return;
    if (isTerminating(chart)) {
      if (turn(chart, "remove", this.estate).ready) this.#remove(chart);
      return;
    }
    const target = effectiveTarget(chart, this.estate);
    if (target !== "deployed") return this.#state(chart, target);
    const { status } = chart;
    if (isObserved(chart) && status?.actual_state === "deployed") return;
    if (isObserved(chart) && (status?.actual_state === "running" || status?.actual_state === "failed")) return this.#state(chart, outcome);
    if (!turn(chart, status?.release?.revision === undefined ? "install" : "upgrade", this.estate).ready) return this.#state(chart, "pending");
    this.#say("start", chart);
    this.#state(chart, outcome === "deployed" ? "running" : outcome);
  }

  /** What people do to a chart. */
  edit(name: string, change: "spec" | "park" | "uninstall" | "deploy" | "delete" | "lose readiness"): void {
    const chart = this.estate.charts.get(`site/${name}`);
    if (chart === undefined || isTerminating(chart)) return;
    if (change === "lose readiness") {
      if (chart.status?.actual_state === "deployed") this.#state(chart, "running");
      return;
    }
    const targets: Readonly<Record<string, TargetState>> = { park: "uninitialized", uninstall: "uninstalled", deploy: "deployed" };
    const target = targets[change];
    const generation = (chart.metadata.generation ?? 0) + 1;
    const deletionTimestamp = "2026-03-01T11:59:00Z";
    this.#write({
      ...chart,
      spec: { ...chart.spec, ...(target === undefined ? {} : { target_state: target }) },
      metadata: { ...chart.metadata, generation, ...(change === "delete" ? { deletionTimestamp } : {}) },
    });
  }

  terminate(name: string): void {
    const parent = this.estate.manifests.get(`site/${name}`) ?? this.estate.groups.get(`site/${name}`);
    if (parent !== undefined) this.#write({ ...parent, metadata: { ...parent.metadata, deletionTimestamp: "2026-03-01T11:59:00Z" } });
  }

  #perform(parent: Parent, action: MemberAction): void {
    const member = find(this.estate, action.member.metadata.name);
    const { ownerReferences = [], annotations, generation = 0 } = member.metadata;
    this.#say(action.type, member);
    switch (action.type) {
      case "adopt":
        return this.#write({
          ...member,
          metadata: { ...member.metadata, ownerReferences: [...ownerReferences, referenceTo(parent, action.controller)] },
        });
      case "disown": {
        const passedOn = action.enabler === undefined ? {} : { annotations: { ...annotations, [ENABLED_BY]: action.enabler } };
        const left = ownerReferences.filter(({ uid }) => uid !== parent.metadata.uid);
        return this.#write({ ...member, metadata: { ...member.metadata, ...passedOn, ownerReferences: left } });
      }
      case "enable": {
        const metadata = { ...member.metadata, generation: generation + 1, annotations: { ...annotations, [ENABLED_BY]: parent.metadata.uid } };
        return this.#write(
          isChart(member)
            ? { ...member, metadata, spec: { ...member.spec, target_state: "deployed" } }
            : { ...member, metadata, spec: { ...member.spec, target_state: "deployed" } },
        );
      }
      case "remove":
        return this.#write({ ...member, metadata: { ...member.metadata, generation: generation + 1, deletionTimestamp: "2026-03-01T11:59:00Z" } });
      case "promote":
        return this.#write({
          ...member,
          metadata: {
            ...member.metadata,
            ownerReferences: ownerReferences.map((reference) => ({ ...reference, controller: reference.uid === parent.metadata.uid })),
          },
        });
      case "uninstall":
        return this.edit(member.metadata.name, "uninstall");
      default:
        return assertNever(action);
    }
  }

  #say(verb: string, member: Member): void {
    this.before(verb, member);
    this.journal.push(`${verb} ${member.metadata.name}`);
  }

  #state(chart: Member, state: ActualState): void {
    const generation = chart.metadata.generation ?? 0;
    const ready = state === "deployed" ? generation : chart.status?.ready_generation;
    const satisfied = ["deployed", "uninitialized", "uninstalled"].includes(state);
    if (!isChart(chart)) return;
    this.#write({
      ...chart,
      status: {
        ...chart.status,
        actual_state: state,
        observedGeneration: generation,
        satisfied,
        ...(ready === undefined ? {} : { ready_generation: ready }),
        ...(state === "running" || state === "deployed" ? { release: { revision: 1 } } : {}),
      },
    });
  }

  #remove(node: Member | Parent): void {
    this.journal.push(`gone ${node.metadata.name}`);
    const key = keyOf(node);
    const { charts, groups, manifests } = this.estate;
    const [chart, group, manifest] = [charts.get(key), groups.get(key), manifests.get(key)];
    if (isChart(node) && chart !== undefined) charts.remove(chart);
    else if (isManifest(node) && manifest !== undefined) manifests.remove(manifest);
    else if (group !== undefined) groups.remove(group);
  }

  #write(node: Member | Parent): void {
    this.#version += 1;
    put(this.estate, { ...node, metadata: { ...node.metadata, resourceVersion: String(this.#version) } });
  }
}
