import { silentLogger } from "../../base/log.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import type { EventInput } from "../events/event.ts";
import { Kernel } from "../reconcile/kernel.ts";
import type { Awaiting, Decision, Kind, Outcome, Report } from "../reconcile/kind.ts";
import { MemoryApi } from "./memory-api.ts";
import { apiVersionOf, type KubeObject, type Resource } from "../object.ts";
import { Store } from "../cache/store.ts";

export const TOYS: Resource = { group: "example.org", version: "v1", plural: "toys", kind: "Toy", namespaced: true };
export const FINALIZER = "example.org/parts";
export const never = new AbortController().signal;
export const ref = { resource: TOYS, namespace: "n", name: "toy" };

interface Status {
  readonly has: string;
  readonly done: boolean;
  readonly failed?: string;
  readonly awaits?: string;
}

/** Wants the parts of `spec.parts`, makes one after the other, and takes them away when it is deleted. */
interface Toy extends KubeObject {
  readonly spec: { readonly parts: readonly string[] };
  readonly status?: Status;
}

type Action = { readonly make: string } | { readonly take: string };
interface Seen {
  readonly parts: readonly string[];
}
interface Verdict {
  readonly done: boolean;
}

export const toy = (parts: readonly string[]): Toy => ({
  apiVersion: apiVersionOf(TOYS),
  kind: TOYS.kind,
  metadata: { name: "toy", namespace: "n", uid: "", resourceVersion: "" },
  spec: { parts },
});

const parse = (object: KubeObject): Toy => {
  const { spec, status } = object as Toy; // oxlint-disable-line typescript/no-unsafe-type-assertion -- what this test stored
  return { ...object, spec, ...(status === undefined ? {} : { status }) };
};

/** The parts are a world of their own, as releases are; `journal` says what the kernel did, in order. */
class ToyKind implements Kind<Toy, Seen, Action, Verdict> {
  readonly resource = TOYS;
  readonly finalizer = FINALIZER;
  legacyFinalizers: readonly string[] = [];
  readonly world: string[];
  readonly journal: string[];
  readonly seenOutcomes: Outcome<Action>[] = [];
  wakeAtMs: number | undefined;
  /** Called before and after each effect. */
  around: (when: "observe" | "before" | "after") => void = () => undefined;
  endless = false;
  /** What status says when nothing is left to do. */
  verdictDone = true;
  /** Every report is minor news. */
  minor = false;
  /** What each effect says that it waits for, one after the other. */
  awaits: readonly (string | undefined)[] = [];

  constructor(world: string[], journal: string[]) {
    this.world = world;
    this.journal = journal;
  }

  async observe(): Promise<Seen> {
    this.journal.push("observe");
    await Promise.resolve();
    this.around("observe");
    return { parts: [...this.world] };
  }

  decide({ metadata, spec }: Toy, { parts }: Seen): Decision<Action, Verdict> {
    const leaving = metadata.deletionTimestamp !== undefined;
    const wanted = leaving ? [] : spec.parts;
    const missing = wanted.filter((part) => !parts.includes(part) || this.endless).slice(0, 1);
    const extra = parts.filter((part) => !wanted.includes(part)).slice(0, 1);
    const actions = [...missing.map((make): Action => ({ make })), ...extra.map((take): Action => ({ take }))];
    return { verdict: { done: actions.length === 0 && this.verdictDone }, actions, wakeAtMs: this.wakeAtMs, gone: leaving && parts.length === 0 };
  }

  async perform(_toy: Toy, _seen: Seen, action: Action, awaiting: Awaiting): Promise<readonly string[]> {
    await Promise.resolve();
    for (const awaits of this.awaits) awaiting(awaits);
    this.around("before");
    this.journal.push(this.describe(action));
    if ("take" in action) this.world.splice(this.world.indexOf(action.take), 1);
    else if (!this.world.includes(action.make)) this.world.push(action.make);
    await Promise.resolve();
    this.around("after");
    return [];
  }

  report(_toy: Toy, { observed, decision, outcomes, awaits }: Parameters<Kind<Toy, Seen, Action, Verdict>["report"]>[1]): Report<Status> {
    this.seenOutcomes.push(...outcomes);
    const failed = outcomes.find(({ error }) => error !== undefined)?.error;
    const status = {
      has: observed.parts.join(" "),
      done: decision.verdict.done,
      ...(failed instanceof Error ? { failed: failed.message } : {}),
      ...(awaits === undefined ? {} : { awaits }),
    };
    return { status, minor: this.minor, events: outcomes.map(({ action }) => ({ type: "Normal", reason: "Did", note: this.describe(action) })) };
  }

  reportUnobserved({ status }: Toy, error: Error): Report<Status> {
    return { status: { has: status?.has ?? "", done: false, failed: error.message }, events: [] };
  }

  describe(action: Action): string {
    return "make" in action ? `make ${action.make}` : `take ${action.take}`;
  }
}

/** Everything but the kernel outlives a crash. */
export class World {
  readonly api = new MemoryApi();
  readonly clock = new ManualClock();
  readonly parts: string[] = [];
  readonly journal: string[] = [];
  readonly events: EventInput[] = [];
  readonly kind = new ToyKind(this.parts, this.journal);
  store = new Store<Toy>();
  kernel = this.#newKernel();

  #newKernel() {
    const { api, clock, store, events } = this;
    const sink = {
      emit: (event: EventInput) => {
        this.journal.push(`event ${event.note}`);
        events.push(event);
      },
    };
    return new Kernel<Toy, Seen, Action, Verdict>(this.kind, { api, store, clock, events: sink, log: silentLogger, parse });
  }

  async create(parts: readonly string[]): Promise<void> {
    await this.api.create({ resource: TOYS, namespace: "n" }, toy(parts), never);
    await this.relist();
  }

  /** What a watch would tell. */
  async relist(): Promise<void> {
    const live = await this.live();
    const known = this.store.get("n/toy");
    if (live !== undefined) this.store.upsert(live);
    else if (known !== undefined) this.store.remove(known);
  }

  async live(): Promise<Toy | undefined> {
    const found = await this.#undisturbed(() => this.api.get(ref, never));
    return found === undefined ? undefined : parse(found);
  }

  /** Somebody else's request, of which the watch tells. */
  async byHand(request: () => Promise<unknown>): Promise<void> {
    await this.#undisturbed(request);
    await this.relist();
  }

  async #undisturbed<T>(request: () => Promise<T>): Promise<T> {
    const { before } = this.api;
    this.api.before = () => undefined;
    const answer = await request();
    this.api.before = before;
    return answer;
  }

  async crash(): Promise<void> {
    this.store = new Store<Toy>();
    this.kernel = this.#newKernel();
    await this.relist();
  }

  reconcile(signal = never) {
    return this.kernel.reconcile("n/toy", signal);
  }

  /** Writes of the kernel as words. */
  get writes(): readonly string[] {
    return this.api.calls.flatMap(({ verb, body }) => (verb === "patch" ? [JSON.stringify(body).includes("/status") ? "status" : "finalizers"] : []));
  }
}

export const world = async (parts: readonly string[]): Promise<World> => {
  const made = new World();
  await made.create(parts);
  return made;
};
