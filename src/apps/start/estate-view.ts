import { CHARTS } from "../../armada/api/chart.ts";
import { GROUPS } from "../../armada/api/group.ts";
import { MANIFESTS } from "../../armada/api/manifest.ts";
import { isObserved, type Node } from "../../armada/estate/estate.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { KubeHttp } from "../../kube/http.ts";
import { listWatch } from "../../kube/list-watch.ts";
import { isSatisfied, lineOf, withRelativeTimes } from "./lines.ts";
import type { Row } from "./table.ts";
import { Informer } from "../../runtime/cache/informer.ts";
import { keyOf, type KubeObject } from "../../runtime/object.ts";
import { Store } from "../../runtime/cache/store.ts";
import { parseChart, parseGroup, parseManifestObject } from "../operator/parse-object.ts";

export const COLUMNS = ["KIND", "NAME", "STATE", "TARGET", "SATISFIED", "PROGRESS", "WAITING FOR"];

export interface EstateViewOptions {
  readonly http: KubeHttp;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names (see {@link nameOf}) of the objects to follow: a cluster may hold others. */
  readonly only: ReadonlySet<string>;
}

/** Follows objects of the three kinds. */
export class EstateView {
  readonly #informers: readonly Informer<Node>[];
  readonly #only: ReadonlySet<string>;

  constructor({ http, clock, log, only }: EstateViewOptions) {
    this.#only = only;
    const kinds = [
      { resource: CHARTS, transform: (object: KubeObject): Node => parseChart(object) },
      { resource: GROUPS, transform: (object: KubeObject): Node => parseGroup(object) },
      { resource: MANIFESTS, transform: (object: KubeObject): Node => parseManifestObject(object) },
    ];
    this.#informers = kinds.map(({ resource, transform }) => {
      const listWatcher = listWatch<Node>(http, resource, { transform });
      return new Informer({ listWatcher, store: new Store<Node>({ log }), clock, log, name: resource.plural });
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.run(signal)));
  }

  /** Charts, then groups, then manifests, by name. */
  objects(): readonly Node[] {
    const listed = this.#informers.flatMap(({ store }) => [...store.list()].sort((a, b) => keyOf(a).localeCompare(keyOf(b))));
    return listed.filter((node) => this.#only.has(nameOf(node)));
  }

  /** Every object that is followed has been seen and is satisfied. */
  isSettled(): boolean {
    const objects = this.objects();
    return objects.length === this.#only.size && objects.every(isSatisfied);
  }

  /** Resolves when `condition` holds; looked at after every change. `onChange` hears of every change while it waits. */
  async until(condition: (objects: readonly Node[]) => boolean, onChange: () => void, signal: AbortSignal): Promise<void> {
    const done = Promise.withResolvers<void>();
    const look = (): void => {
      onChange();
      if (condition(this.objects())) done.resolve();
    };
    const abort = (): void => done.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const unsubscribe = this.#informers.map((informer) => informer.onChange(look));
    look();
    if (signal.aborted) abort();
    try {
      await done.promise;
    } finally {
      for (const stop of unsubscribe) stop();
      signal.removeEventListener("abort", abort);
    }
  }
}

/** `KIND NAMESPACE/NAME`. */
export const nameOf = (object: { readonly kind: string; readonly metadata: Pick<Node["metadata"], "namespace" | "name"> }): string =>
  `${object.kind} ${keyOf(object)}`;

/** Nothing but a change will help. */
export const isStalled = (node: Node): boolean =>
  node.status?.conditions?.some(({ type, status }) => type === "Stalled" && status === "True") === true;

/** `all`: the objects that are followed, itself among them. */
export const rowOf = (node: Node, all: readonly Node[]): Row => {
  const { status } = node;
  const progress = status !== undefined && "progress" in status && typeof status.progress === "string" ? status.progress : "";
  const cells = [
    node.kind,
    node.metadata.name,
    status?.actual_state ?? "",
    status?.target_state ?? "",
    status?.satisfied === undefined ? "" : String(status.satisfied),
    progress,
    status?.waiting_for ?? "",
  ];
  return { key: nameOf(node), cells, line: lineOf(node, all) };
};

/** One line for each object that is not satisfied. */
export const complaints = (nodes: readonly Node[], nowMs: number): readonly string[] =>
  nodes
    .filter((node) => !isSatisfied(node))
    .map((node) => `${withRelativeTimes(lineOf(node, nodes), nowMs)}${isObserved(node) ? "" : "; it has changed since, and has not been looked at"}`);
