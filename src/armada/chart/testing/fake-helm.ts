import type {
  HelmDriver,
  HelmResult,
  HelmRunOptions,
  InstallRequest,
  ReleaseLabels,
  ReleaseRef,
  UninstallRequest,
  UpgradeRequest,
} from "../../../helm/driver.ts";
import type { ReleaseContent, ReleaseRecord, ReleaseRecords, ReleaseStatus, ReleaseStore, Revision } from "../../../helm/release.ts";

export type HelmCall =
  | ({ readonly verb: "install" } & InstallRequest)
  | ({ readonly verb: "upgrade" } & UpgradeRequest)
  | ({ readonly verb: "uninstall" } & UninstallRequest);

/**
 * helm and its release records in memory, for unit tests; no watch tells of it: only a fresh read
 * shows what has changed. `calls` holds every request.
 */
export class FakeHelm implements HelmDriver, ReleaseStore, ReleaseRecords {
  readonly calls: HelmCall[] = [];
  /** What the next runs do instead of going well. */
  readonly failures: Error[] = [];
  warnings: readonly string[] = [];
  nowMs: () => number = () => 0;
  /** Called before a run, and after it has done its work; may throw, which is how faults are injected. */
  around: () => void = () => undefined;
  readonly #releases = new Map<string, readonly Revision[]>();
  /** What the watch has told, or a fresh read. */
  readonly #known = new Map<string, ReleaseRecord>();
  /** The watch has not told yet that the records are gone. */
  lost = false;
  /** Of every release. */
  manifest = "";
  #version = 0;

  install({ onStart, onWait: _onWait, refuse: _refuse, ...request }: InstallRequest & HelmRunOptions, _signal: AbortSignal): Promise<HelmResult> {
    return this.#run({ verb: "install", ...request }, onStart);
  }

  upgrade({ onStart, onWait: _onWait, refuse: _refuse, ...request }: UpgradeRequest & HelmRunOptions, _signal: AbortSignal): Promise<HelmResult> {
    return this.#run({ verb: "upgrade", ...request }, onStart);
  }

  uninstall({ onStart, onWait: _onWait, refuse: _refuse, ...request }: UninstallRequest & HelmRunOptions, _signal: AbortSignal): Promise<HelmResult> {
    return this.#run({ verb: "uninstall", ...request }, onStart);
  }

  read(release: ReleaseRef): ReleaseRecord | undefined;
  read(record: ReleaseRecord, signal: AbortSignal): Promise<ReleaseContent | undefined>;
  read(of: ReleaseRef | ReleaseRecord): ReleaseRecord | undefined | Promise<ReleaseContent | undefined> {
    return "newest" in of ? Promise.resolve(this.lost ? undefined : contentOf(of, this.manifest)) : this.#known.get(keyOf(of));
  }

  ownedBy(uid: string): readonly ReleaseRef[] {
    return [...this.#known.values()].filter(({ newest }) => newest.labels?.owner === uid).map(({ release }) => release);
  }

  refresh(release: ReleaseRef): Promise<ReleaseRecord | undefined> {
    const record = this.#record(release);
    if (record === undefined) this.#known.delete(keyOf(release));
    else this.#known.set(keyOf(release), record);
    return Promise.resolve(record);
  }

  hooksRunning(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  hooks(): Promise<string> {
    return Promise.resolve("");
  }

  async unlock({ release }: ReleaseRecord): Promise<void> {
    this.#mark(release, "failed");
  }

  adapt(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async omit(): Promise<void> {
    this.manifest = "";
  }

  madeFrom(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async relabel({ release }: ReleaseRecord, labels: ReleaseLabels): Promise<void> {
    const [newest, ...older] = this.#releases.get(keyOf(release)) ?? [];
    if (newest === undefined) return;
    const labelled = { ...newest, labels, labelsCurrent: labels.revision === newest.revision, secret: this.#secret(newest.revision) };
    this.#releases.set(keyOf(release), [labelled, ...older]);
  }

  async relabelStatus({ release }: ReleaseRecord, status: ReleaseStatus): Promise<void> {
    this.#mark(release, status);
  }

  /** A release of nobody, made by helm alone, of which the watch has told. */
  plant(release: ReleaseRef): void {
    const unlabelled = { revision: 1, status: "deployed", modifiedAtMs: this.nowMs(), labels: undefined, labelsCurrent: false } as const;
    this.#releases.set(keyOf(release), [{ ...unlabelled, secret: this.#secret(1) }]);
    void this.refresh(release);
  }

  async purge({ release }: ReleaseRecord): Promise<void> {
    this.#releases.delete(keyOf(release));
  }

  async #run(call: HelmCall, onStart: HelmRunOptions["onStart"]): Promise<HelmResult> {
    await Promise.resolve();
    this.around();
    this.calls.push(call);
    onStart?.();
    const failure = this.failures.shift();
    if (call.verb === "uninstall") {
      if (failure === undefined) this.#mark(call.release, "uninstalled");
    } else this.#add(call.release, call.labels, failure === undefined ? "deployed" : "failed");
    if (failure !== undefined) throw failure;
    this.around();
    return { warnings: this.warnings };
  }

  #add(release: ReleaseRef, labels: ReleaseLabels, status: ReleaseStatus): void {
    const revisions = this.#releases.get(keyOf(release)) ?? [];
    const revision = (revisions[0]?.revision ?? 0) + 1;
    const old = revisions.map((each): Revision => (each.status === "deployed" && status === "deployed" ? { ...each, status: "superseded" } : each));
    const added: Revision = {
      revision,
      status,
      modifiedAtMs: this.nowMs(),
      labels,
      labelsCurrent: labels.revision === revision,
      secret: this.#secret(revision),
    };
    this.#releases.set(keyOf(release), [added, ...old]);
  }

  #mark(release: ReleaseRef, status: ReleaseStatus): void {
    const [newest, ...older] = this.#releases.get(keyOf(release)) ?? [];
    if (newest !== undefined) this.#releases.set(keyOf(release), [{ ...newest, status, secret: this.#secret(newest.revision) }, ...older]);
  }

  #secret(revision: number): Revision["secret"] {
    this.#version += 1;
    return { name: `v${String(revision)}`, uid: `secret-${String(revision)}`, resourceVersion: String(this.#version) };
  }

  #record(release: ReleaseRef): ReleaseRecord | undefined {
    const revisions = this.#releases.get(keyOf(release));
    const newest = revisions?.[0];
    if (revisions === undefined || newest === undefined) return undefined;
    return { release, newest, revisions, everDeployed: revisions.some(({ status }) => status === "deployed" || status === "superseded") };
  }
}

const keyOf = ({ namespace, name }: ReleaseRef): string => `${namespace}/${name}`;

const contentOf = ({ release, newest }: ReleaseRecord, manifest: string): ReleaseContent => ({
  ...release,
  revision: newest.revision,
  status: newest.status,
  labelled: newest.status,
  description: "",
  chart: { name: "x", version: "1.2.3" },
  manifest,
});
