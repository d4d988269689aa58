import { systemClock } from "../../../src/base/time/clock.ts";
import { silentLogger } from "../../../src/base/log.ts";
import { fieldsOf } from "../../../src/armada/readiness/fields.ts";
import { KubeHttp } from "../../../src/kube/http.ts";
import { loadKubeConfig } from "../../../src/kube/config.ts";
import { listWatch } from "../../../src/kube/list-watch.ts";
import { Informer } from "../../../src/runtime/cache/informer.ts";
import type { ListWatcher } from "../../../src/runtime/api.ts";
import type { DynamicObject, Resource } from "../../../src/runtime/object.ts";
import { Store } from "../../../src/runtime/cache/store.ts";

/** One version of one object that the API server has held. */
export interface Moment {
  /** etcd's revision: moments of all kinds stand in one order by it. */
  readonly revision: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** `Kind namespace/name`. */
  readonly what: string;
  readonly object: DynamicObject;
}

/** Everything that has happened to the objects of some resources since the recorder started. */
export interface Recorder {
  /** In the order in which it happened. Watches lag: poll for what must be in it. */
  history(): readonly Moment[];
  stop(): Promise<void>;
}

/** Watches the resources and keeps every version. */
export const record = async (kubeconfig: string, resources: readonly Resource[]): Promise<Recorder> => {
  const http = new KubeHttp(await loadKubeConfig({ path: kubeconfig }));
  const moments: Moment[] = [];
  const stop = new AbortController();
  const informers = resources.map((resource) => {
    const listWatcher = noting(listWatch<DynamicObject>(http, resource), (moment) => moments.push(moment));
    return new Informer({ listWatcher, store: new Store<DynamicObject>(), clock: systemClock, log: silentLogger, name: resource.plural });
  });
  const running = informers.map((informer) => informer.run(stop.signal));
  await Promise.all(informers.map((informer) => informer.synced(AbortSignal.timeout(20_000))));
  return {
    history: () => [...moments].sort((a, b) => a.revision - b.revision),
    stop: async () => {
      stop.abort(new Error("stopped"));
      await Promise.all(running);
      await http.close();
    },
  };
};

/** A store would keep the newest version only, and of a deletion the version before. */
const noting = (inner: ListWatcher<DynamicObject>, note: (moment: Moment) => void): ListWatcher<DynamicObject> => ({
  list: (page, signal) => inner.list(page, signal),
  watch: async function* (from, signal) {
    for await (const event of inner.watch(from, signal)) {
      if (event.type !== "BOOKMARK") note(momentOf(event.type, event.object));
      yield event;
    }
  },
});

const momentOf = (type: Moment["type"], object: DynamicObject): Moment => {
  const { namespace = "", name, resourceVersion } = object.metadata;
  return { revision: Number(resourceVersion), type, what: `${object.kind} ${namespace}/${name}`, object };
};

/** The value at a dotted path, as text; undefined when there is none. */
export const textAt = (object: unknown, path: string): string | undefined => {
  const value = path.split(".").reduce<unknown>((at, key) => fieldsOf(at)[key], object);
  return value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);
};

/** Moments in which an unsatisfied object did not say what it waited for: there should be none. */
export const silentMoments = (history: readonly Moment[]): readonly Moment[] =>
  history.filter(({ object }) => textAt(object, "status.satisfied") === "false" && (textAt(object, "status.waiting_for") ?? "") === "");

export type Predicate = (moment: Moment) => boolean;

/** The field had this text. */
export const has =
  (path: string, text: string): Predicate =>
  ({ type, object }) =>
    type !== "DELETED" && textAt(object, path) === text;

export const gone: Predicate = ({ type }) => type === "DELETED";
export const there: Predicate = ({ type }) => type !== "DELETED";

/** Revision of the first moment of `what` for which `is` holds; throws when there was none. */
export const first = (history: readonly Moment[], what: string, is: Predicate, after = 0): number => {
  const found = history.find((moment) => moment.what === what && moment.revision > after && is(moment));
  if (found !== undefined) return found.revision;
  const seen = history.filter((moment) => moment.what === what);
  throw new Error(`${what} never was as asked for; it was seen ${String(seen.length)} times, last: ${JSON.stringify(seen.at(-1)?.object)}`);
};
