import { join } from "node:path";
import { expect } from "@jest/globals";
import { CHARTS } from "../../../src/armada/api/chart.ts";
import { GROUPS } from "../../../src/armada/api/group.ts";
import { MANIFESTS } from "../../../src/armada/api/manifest.ts";
import { PODS } from "../../../src/armada/chart/objects/release-pods.ts";
import { signalGroup } from "../../../src/base/process/process-group.ts";
import { readRunState } from "../../../src/local/control-plane/run-directory.ts";
import type { Resource } from "../../../src/runtime/object.ts";
import type { ChartFolder } from "../charts/chart-folder.ts";
import { startCluster, type Cluster } from "../operator/cluster.ts";
import { eventually } from "../eventually.ts";
import { createParts } from "./objects.ts";
import { repository, startOperator, type Operator, type OperatorOptions } from "../operator/operator.ts";
import { createReader, type Reader } from "../operator/reader.ts";
import { createWriter, type Writer } from "../operator/writer.ts";
import { first, record, silentMoments, textAt, type Moment, type Predicate, type Recorder } from "../operator/recorder.ts";

const core = { group: "", version: "v1", namespaced: true } as const;
const RECORDED: readonly Resource[] = [
  CHARTS,
  GROUPS,
  MANIFESTS,
  PODS,
  { ...core, plural: "secrets", kind: "Secret" },
  { ...core, plural: "configmaps", kind: "ConfigMap" },
  { group: "apps", version: "v1", plural: "deployments", kind: "Deployment", namespaced: true },
  { group: "batch", version: "v1", plural: "jobs", kind: "Job", namespaced: true },
  { group: "events.k8s.io", version: "v1", plural: "events", kind: "Event", namespaced: true },
];

/** A control plane with the CRDs, a running operator and a recorder of all that happens. One a test file; a namespace of its own for each test. */
export class Site {
  readonly cluster: Cluster;
  readonly recorder: Recorder;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly #options: OperatorOptions;
  #operator: Operator;
  #charts: ChartFolder | undefined;

  private constructor(parts: {
    readonly cluster: Cluster;
    readonly recorder: Recorder;
    readonly reader: Reader;
    readonly writer: Writer;
    readonly options: OperatorOptions;
    readonly operator: Operator;
  }) {
    this.cluster = parts.cluster;
    this.recorder = parts.recorder;
    this.reader = parts.reader;
    this.writer = parts.writer;
    this.#options = parts.options;
    this.#operator = parts.operator;
  }

  static async start(options: OperatorOptions = {}, boot: () => Promise<Cluster> = startCluster): Promise<Site> {
    const cluster = await boot();
    try {
      const crds = join(repository, "crds");
      await cluster.kubectl(["apply", "-f", crds]);
      await cluster.kubectl(["wait", "--for=condition=Established", "--timeout=20s", "-f", crds]);
      const [recorder, reader, writer] = await Promise.all([
        record(cluster.kubeconfig, RECORDED),
        createReader(cluster.kubeconfig),
        createWriter(cluster.kubeconfig),
      ]);
      return new Site({ cluster, recorder, reader, writer, options, operator: await startOperator(cluster, options) });
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** One whose operator knows the charts of {@link createParts}, which go with it. */
  static async startWithParts(options: OperatorOptions = {}): Promise<Site> {
    const charts = await createParts();
    try {
      const site = await Site.start({ ...options, chartRoot: charts.path });
      site.#charts = charts;
      return site;
    } catch (error) {
      await charts.remove();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#operator.stop();
    await Promise.all([this.recorder.stop(), this.reader.close(), this.writer.close()]);
    await this.cluster.stop();
    await this.#charts?.remove();
  }

  silentMoments(): readonly Moment[] {
    return silentMoments(this.recorder.history());
  }

  /** Of a site with parts. */
  get charts(): ChartFolder {
    if (this.#charts === undefined) throw new Error("this site has no charts of its own");
    return this.#charts;
  }

  get operator(): Operator {
    return this.#operator;
  }

  /** Ends the operator, and starts another in its place; `flags` are its own, default those of the site. */
  async restart(signal: "SIGTERM" | "SIGKILL", flags = this.#options.flags ?? []): Promise<void> {
    await (signal === "SIGTERM" ? this.#operator.stop() : this.#operator.kill());
    this.#operator = await startOperator(this.cluster, { ...this.#options, flags });
  }

  /** Halts the operator during `work`, which takes less time than its Lease lasts: what is changed is news all at once. */
  async whileHalted(work: () => Promise<unknown>): Promise<void> {
    process.kill(this.#operator.pid, "SIGSTOP");
    try {
      await work();
    } finally {
      process.kill(this.#operator.pid, "SIGCONT");
    }
  }

  /** Halts the garbage collector, and the other controllers of Kubernetes, during `work`. */
  async withoutControllers<T>(work: () => Promise<T>): Promise<T> {
    const { processes } = readRunState(this.cluster.controlPlane.directory);
    const pid = processes.find(({ name }) => name === "kube-controller-manager")?.pid;
    if (pid === undefined || !signalGroup(pid, "SIGSTOP")) throw new Error("the controller manager does not run");
    try {
      return await work();
    } finally {
      signalGroup(pid, "SIGCONT");
    }
  }

  async namespace(name: string): Promise<Namespace> {
    await this.writer.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    return new Namespace(this, name);
  }

  /** How many helm processes this operator has run so far. */
  helmRuns(): Promise<number> {
    return this.#sumOf(/^armada_helm_runs_total\{.*\} (\d+)$/gmu);
  }

  /** How many hand-overs this operator has measured so far. */
  handovers(): Promise<number> {
    return this.#sumOf(/^armada_handover_seconds_count (\d+)$/gmu);
  }

  async #sumOf(series: RegExp): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${String(await this.#operator.metricsPort())}/metrics`);
    return [...(await answer.text()).matchAll(series)].reduce((sum, [, count]) => sum + Number(count), 0);
  }
}

/** What one test does and sees, in a namespace of its own. Objects are named as for kubectl: `act/blog-1`. */
export class Namespace {
  readonly name: string;
  readonly #site: Site;

  constructor(site: Site, name: string) {
    this.#site = site;
    this.name = name;
  }

  kubectl(args: readonly string[], stdin?: string): Promise<string> {
    return this.#site.cluster.kubectl(["-n", this.name, ...args], stdin);
  }

  /** As `kubectl apply --server-side --force-conflicts` of all of them, one after the other. */
  apply(objects: readonly unknown[]): Promise<void> {
    return this.#site.writer.apply(this.name, objects);
  }

  /** `kubectl apply` itself, of all of them in one go. */
  kubectlApply(objects: readonly unknown[], ...flags: readonly string[]): Promise<string> {
    return this.kubectl(["apply", "-f", "-", ...flags], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  }

  /** As `kubectl get OBJECT -o json` prints it. */
  get(object: string): Promise<unknown> {
    return this.#site.reader.get(this.name, object);
  }

  /** As `kubectl patch --type merge`. */
  patch(object: string, body: unknown): Promise<void> {
    return this.#site.writer.patch(this.name, object, body);
  }

  /** As `kubectl delete`: waits until it is gone. */
  async delete(object: string): Promise<void> {
    await this.#site.writer.delete(this.name, object);
    await eventually(`${this.name}: ${object} is gone`, () => expect(this.get(object)).rejects.toThrow("not found"), 60_000);
  }

  /** Waits until the object's status has these fields. */
  becomes(object: string, status: object): Promise<void> {
    return eventually(`${this.name}: ${object} is ${JSON.stringify(status)}`, async () => {
      const live = await this.get(object);
      try {
        expect(live).toMatchObject({ status });
      } catch (error) {
        throw new Error(`it waits: ${textAt(live, "status.waiting_for") ?? "for nothing"}`, { cause: error });
      }
    });
  }

  /** Names of all objects of these kinds, as kubectl prints them. `selector`: of labels. */
  names(kinds: string, selector?: string): Promise<readonly string[]> {
    return this.#site.reader.names(this.name, kinds, selector);
  }

  /** This namespace's part of what has happened. `what` of each moment is `Kind name` here. */
  history(): readonly Moment[] {
    return this.#site.recorder
      .history()
      .filter(({ object }) => object.metadata.namespace === this.name)
      .map((moment) => ({ ...moment, what: moment.what.replace(`${this.name}/`, "") }));
  }

  /** When `what` was so for the first time (after `after`); waits for the recorder to hear of it. */
  when(what: string, is: Predicate, after = 0): Promise<number> {
    return eventually(`the history tells of ${what}`, () => first(this.history(), what, is, after));
  }
}
