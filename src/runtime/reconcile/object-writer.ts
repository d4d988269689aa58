import type { Clock } from "../../base/time/clock.ts";
import { deepEqual, isRecord } from "../../base/json/json.ts";
import { isApiError, type ApiClient } from "../api.ts";
import type { EventSink } from "../events/recorder.ts";
import type { KubeObject, Resource } from "../object.ts";
import type { EventFact, Kind, Report } from "./kind.ts";
import type { PassMemory } from "./pass-memory.ts";

export interface WriterDeps<Obj extends KubeObject> {
  readonly api: ApiClient;
  readonly store: { upsert(obj: Obj): boolean };
  readonly events: EventSink;
  readonly clock: Clock;
  /** Checks what the API server returned. */
  readonly parse: (object: KubeObject) => Obj;
  /** Fields of status that say who writes it: no reason to write. */
  readonly signature?: (uid: string) => Readonly<Record<string, unknown>>;
}

/** Minor news of one object is written at most this often. */
const MINOR_MS = 250;

export interface Said<Obj> {
  /** The object as it is now; undefined when it is gone. */
  readonly current?: Obj;
  /** What is new was minor and told too soon after the last: look again after this time. */
  readonly againMs?: number;
}

/** Writes what a pass leaves on its object: status, events, finalizers. */
export class ObjectWriter<Obj extends KubeObject & { readonly status?: unknown }> {
  readonly #kind: Pick<Kind<Obj, never, never, never>, "resource" | "finalizer" | "legacyFinalizers">;
  readonly #deps: WriterDeps<Obj>;

  constructor(kind: Pick<Kind<Obj, never, never, never>, "resource" | "finalizer" | "legacyFinalizers">, deps: WriterDeps<Obj>) {
    this.#kind = kind;
    this.#deps = deps;
  }

  /** Writes the status if it changed, then the events. */
  async tell(obj: Obj, memory: Pick<PassMemory<unknown>, "saidAtMs">, report: Report<unknown>, signal: AbortSignal): Promise<Said<Obj>> {
    let current = obj;
    const signature = this.#deps.signature?.(obj.metadata.uid) ?? {};
    if (!deepEqual(without(obj.status, Object.keys(signature)), report.status)) {
      const nowMs = this.#deps.clock.monotonic();
      const minor = report.minor === true && report.events.length === 0;
      const againMs = minor ? Math.max(0, memory.saidAtMs + MINOR_MS - nowMs) : 0;
      if (againMs > 0) return { current, againMs };
      memory.saidAtMs = nowMs;
      const written = await this.#writeStatus(obj, isRecord(report.status) ? { ...report.status, ...signature } : report.status, signal);
      if (written === undefined) return {};
      current = written;
    }
    this.emit(obj, report.events);
    return { current };
  }

  emit(obj: Obj, events: readonly EventFact[]): void {
    for (const fact of events) this.#deps.events.emit({ regarding: obj, action: fact.reason, ...fact });
  }

  async #writeStatus(obj: Obj, status: unknown, signal: AbortSignal): Promise<Obj | undefined> {
    const { api, store, parse } = this.#deps;
    const operations = [
      { op: "test" as const, path: "/metadata/uid", value: obj.metadata.uid },
      { op: "add" as const, path: "/status", value: status },
    ];
    try {
      const written = parse(await api.patch({ ...this.#ref(obj), subresource: "status" }, { type: "json", operations }, signal));
      store.upsert(written);
      return written;
    } catch (error) {
      if (isApiError(error, 404) || (isApiError(error, 422) && (await this.#isReplaced(obj, signal)))) return undefined;
      throw error;
    }
  }

  /** The name belongs to another object by now: what is known of this one is of no use. */
  async #isReplaced(obj: Obj, signal: AbortSignal): Promise<boolean> {
    const live = await this.#deps.api.get({ ...this.#ref(obj), metadataOnly: true }, signal);
    return live?.metadata.uid !== obj.metadata.uid;
  }

  /** Neither ours nor of the operator before us. */
  foreignFinalizers({ metadata }: Obj): readonly string[] {
    const { finalizer, legacyFinalizers = [] } = this.#kind;
    return (metadata.finalizers ?? []).filter((name) => name !== finalizer && !legacyFinalizers.includes(name));
  }

  /** Puts these in place of all that it has. False when the object is gone. */
  async setFinalizers(obj: Obj, finalizers: readonly string[], signal: AbortSignal): Promise<boolean> {
    const { api, store, parse } = this.#deps;
    const body = { metadata: { uid: obj.metadata.uid, resourceVersion: obj.metadata.resourceVersion, finalizers } };
    try {
      store.upsert(parse(await api.patch(this.#ref(obj), { type: "merge", body }, signal)));
      return true;
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
      return false;
    }
  }

  #ref(obj: Obj): { resource: Resource; namespace: string | undefined; name: string } {
    return { resource: this.#kind.resource, namespace: obj.metadata.namespace, name: obj.metadata.name };
  }
}

const without = (status: unknown, fields: readonly string[]): unknown =>
  isRecord(status) && fields.length > 0 ? Object.fromEntries(Object.entries(status).filter(([name]) => !fields.includes(name))) : status;
