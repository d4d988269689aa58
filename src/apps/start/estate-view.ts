import { CHARTS } from "../../armada/api/chart.ts";
import { GROUPS } from "../../armada/api/group.ts";
import { MANIFESTS } from "../../armada/api/manifest.ts";
import { isObserved, type Node } from "../../armada/estate/estate.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { KubeHttp } from "../../kube/http.ts";
import { listWatch } from "../../kube/list-watch.ts";
import { isSatisfied } from "../view/standing.ts";
import { withRelativeTimes } from "../view/times.ts";
import { lineOf } from "./lines.ts";
import type { Row } from "./change-log.ts";
import { Informer } from "../../runtime/cache/informer.ts";
import { keyOf, type KubeObject } from "../../runtime/object.ts";
import { Store } from "../../runtime/cache/store.ts";
import { parseChart, parseGroup, parseManifestObject } from "../operator/parse-object.ts";

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

  /** Of the cluster: charts, then groups, then manifests, by name. */
  all(): readonly Node[] {
    return this.#informers.flatMap(({ store }) => [...store.list()].sort((a, b) => keyOf(a).localeCompare(keyOf(b))));
  }

  /** Those that are followed. */
  objects(): readonly Node[] {
    return this.all().filter((node) => this.#only.has(nameOf(node)));
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

/** `all`: the objects that are followed, itself among them. */
export const rowOf = (node: Node, all: readonly Node[]): Row => ({ key: nameOf(node), line: lineOf(node, all) });

/** One line for each object that is not satisfied. */
export const complaints = (nodes: readonly Node[], nowMs: number): readonly string[] =>
  nodes
    .filter((node) => !isSatisfied(node))
    .map((node) => `${withRelativeTimes(lineOf(node, nodes), nowMs)}${isObserved(node) ? "" : "; it has changed since, and has not been looked at"}`);
