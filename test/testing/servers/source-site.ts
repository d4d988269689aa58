import { existsSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "@jest/globals";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { findTool, readPins } from "../../../src/local/control-plane/places.mjs";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { chartTgz } from "../../../src/sources/testing/archive.ts";
import { type Canaries, createCanaries } from "../charts/canaries.ts";
import { CONFIG_MAP } from "../charts/chart-folder.ts";
import { eventually } from "../eventually.ts";
import { chart } from "../estate/objects.ts";
import { textAt } from "../operator/recorder.ts";
import { type Namespace, Site } from "../estate/site.ts";

export const DEPLOYED = { actual_state: "deployed", satisfied: true, reason: "UnderlyingResourcesReady" };
const STALE = "SourceStale";
/** A commit in the cache of repositories. */
const COMMIT = /^\/git\/[0-9a-f]{40}-[0-9a-f]{40}$/;
/** An archive, or the index of a repository, in its cache; one more file says where it came from. */
const INDEX = /^\/archives\/(?:name-)?[0-9a-f]{64}$/;

/** The chart `blog`: a ConfigMap `blog` with this text. Path in `folder` → content. */
export const blog = (text: string, folder = "blog", version = "0.1.0"): Readonly<Record<string, string>> => ({
  [`${folder}/Chart.yaml`]: `apiVersion: v2\nname: blog\nversion: ${version}\n`,
  [`${folder}/values.yaml`]: `text: ${text}\n`,
  [`${folder}/templates/map.yaml`]: CONFIG_MAP,
});
export const blogTgz = (text: string, version = "0.1.0"): Buffer => chartTgz(blog(text, "blog", version));

export const secret = (name: string, stringData: Readonly<Record<string, string>>) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name },
  stringData,
});

/** Name of the Secret that counts when a source names none. */
export const DEFAULT_SECRET = "armada-registry-credentials";

export interface SourceSiteOptions {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly chartRoot?: string;
}

/** An operator that fetches, whose every child process is watched for secrets, and what the cells of the table of sources have in common. */
export class SourceSite {
  readonly site: Site;
  readonly canaries: Canaries;
  /** For servers' files. */
  readonly folder: string;
  readonly #remove: () => Promise<void>;
  #asked = 0;

  private constructor(site: Site, canaries: Canaries, folder: { readonly path: string; remove(): Promise<void> }) {
    this.site = site;
    this.canaries = canaries;
    this.folder = folder.path;
    this.#remove = () => folder.remove();
  }

  /** `prepare` gets the folder and the canaries before the operator starts. */
  static async start(prepare: (canaries: Canaries, folder: string) => Promise<SourceSiteOptions>): Promise<SourceSite> {
    const folder = await temporaryFolder();
    const helm = findTool(ownEnvironment(), readPins(), "helm")?.path;
    if (helm === undefined) throw new Error('Cannot find helm: run "node scripts/setup.mjs"');
    const canaries = createCanaries(folder.path, helm);
    const { flags = [], env, chartRoot } = await prepare(canaries, folder.path);
    const site = await Site.start({
      helm: join(canaries.programs, "helm"),
      stateDir: canaries.stateDir,
      flags: ["--allow-local-addresses=true", "--log-level=debug", ...flags],
      env: { PATH: `${canaries.programs}:${dirname(process.execPath)}:/usr/bin:/bin`, TMPDIR: canaries.temporary, ...env },
      ...(chartRoot === undefined ? {} : { chartRoot }),
    });
    return new SourceSite(site, canaries, folder);
  }

  async stop(): Promise<void> {
    await this.site.stop();
    await this.#remove();
  }

  /** What is in the state folder of charts and of what they were fetched as, unfinished things included. */
  async stored(): Promise<readonly string[]> {
    const folders = ["archives", "charts", "git"].map((name) => join(this.canaries.stateDir, name)).filter((path) => existsSync(path));
    const names = await Promise.all(folders.map(async (path) => (await readdir(path)).map((name) => join(path, name))));
    return names.flat().toSorted();
  }

  /** Asks for a look at the source now. */
  ask(namespace: Namespace): Promise<void> {
    this.#asked += 1;
    const annotations = { "armada.airshipit.org/reconcile-requested-at": String(this.#asked) };
    return namespace.patch("act/blog", { metadata: { annotations } });
  }

  /** Does `work` with a chart `blog` of that source in a namespace of its own, which has the `objects` first, and deletes the chart afterwards. */
  async withChart(name: string, source: object, work: (namespace: Namespace) => Promise<void>, objects: readonly unknown[] = []): Promise<void> {
    const namespace = await this.site.namespace(name);
    if (objects.length > 0) await namespace.apply(objects);
    await namespace.apply([chart("blog", { source })]);
    try {
      await work(namespace);
    } finally {
      await namespace.delete("act/blog");
    }
  }

  /** The chart is the release's revision, and its text is in the cluster. `resolved`: what status says of the source. */
  async deployed(namespace: Namespace, { revision, text, ...source }: Wanted): Promise<void> {
    const digest = expect.stringMatching(/^sha256\.[0-9a-f]{40}$/);
    const fetched_at = expect.stringMatching(/^20\d\d-.*Z$/);
    await namespace.becomes("act/blog", { ...DEPLOYED, release: { revision }, source: { ...source, digest, fetched_at } });
    const live = await eventually(`${namespace.name}: the newest spec is observed`, async () => {
      const now = await namespace.get("act/blog");
      expect(textAt(now, "status.observedGeneration")).toBe(textAt(now, "metadata.generation"));
      // A server that takes more than a second is waited for meanwhile.
      expect(now).toMatchObject({ status: { ...DEPLOYED, release: { revision } } });
      return now;
    });
    expect(textAt(live, "status.source.verification")).toBeUndefined();
    expect(conditionOf(live, STALE)).toBeUndefined();
    expect(textAt(await namespace.get("configmap/blog"), "data.text")).toBe(text);
    await expectEvent(namespace, revision === 1 ? "Installed" : "Upgraded", `revision ${revision}`);
  }

  /**
   * The source is refused with this sentence: no helm, no record of one, an event, and conditions that say the same. Nothing of it stays on disk but
   * what other charts may be good in: at most so many commits and indexes of repositories.
   */
  async refused(
    name: string,
    source: object,
    says: string | RegExp,
    objects: readonly unknown[] = [],
    { commits = 0, indexes = 0 } = {},
  ): Promise<void> {
    const [runs, before] = [await this.site.helmRuns(), await this.stored()];
    const sentence = typeof says === "string" ? expect.stringContaining(says) : expect.stringMatching(says);
    const look = async (namespace: Namespace): Promise<void> => {
      const conditions = ["Ready", "Irreconcilable"].map((type) => expect.objectContaining({ type, reason: "SourceError", message: sentence }));
      const status = { actual_state: "error", satisfied: false, reason: "SourceError", waiting_for: sentence };
      await namespace.becomes("act/blog", { ...status, conditions: expect.arrayContaining(conditions) });
      await expectEvent(namespace, "SourceError", says);
      expect(textAt(await namespace.get("act/blog"), "status.release.revision")).toBeUndefined();
      expect(await namespace.names("secrets", "owner=helm")).toEqual([]);
      expect(await namespace.names("configmaps")).not.toContain("configmap/blog");
    };
    await this.withChart(name, source, look, objects);
    expect(await this.site.helmRuns()).toBe(runs);
    await eventually("nothing is left on disk", async () => {
      const left = (await this.stored()).filter((path) => !before.includes(path)).map((path) => path.slice(this.canaries.stateDir.length));
      expect(left.filter((path) => !COMMIT.test(path) && !INDEX.test(path))).toEqual([]);
      expect(left.filter((path) => COMMIT.test(path)).length).toBeLessThanOrEqual(commits);
      expect(left.filter((path) => INDEX.test(path)).length).toBeLessThanOrEqual(2 * indexes);
    });
  }

  /**
   * While `spoil` has spoilt the source of a deployed chart, release and objects stay as they are, and condition and event say why; when `mend` has mended
   * it, that is over, without helm. By the interval of the chart alone.
   */
  async outlives(namespace: Namespace, { spoil, says, mend }: Outage): Promise<void> {
    const look = async () => ({
      release: textAt(await namespace.get("act/blog"), "status.release"),
      object: textAt(await namespace.get("configmap/blog"), "metadata"),
      runs: await this.site.helmRuns(),
    });
    const before = await look();
    await spoil();
    const message = typeof says === "string" ? expect.stringContaining(says) : expect.stringMatching(says);
    const stale = expect.objectContaining({ type: STALE, status: "True", message });
    await namespace.becomes("act/blog", { ...DEPLOYED, conditions: expect.arrayContaining([stale]) });
    await expectEvent(namespace, STALE, "the release stays as it is, but: source.location");
    expect(await look()).toEqual(before);
    await mend();
    await eventually("the source is not stale any more", async () => {
      const live = await namespace.get("act/blog");
      expect(live).toMatchObject({ status: DEPLOYED });
      expect(conditionOf(live, STALE)).toBeUndefined();
    });
    await expectEvent(namespace, "SourceRecovered", "");
    expect(await look()).toEqual(before);
  }

  /**
   * Secrets were in no command line, no log line, no object but Secrets, and in no file that others could read; none is on disk now. In the environment
   * of `processes` only.
   */
  async expectCanariesKept(processes: readonly string[]): Promise<void> {
    const found = this.canaries.found();
    expect(found).toContain("ran helm");
    expect(found.filter((line) => line.startsWith("cmdline "))).toEqual([]);
    expect(found.filter((line) => line.startsWith("environ ")).toSorted()).toEqual(processes.map((name) => `environ ${name}`).toSorted());
    expect(found.filter((line) => line.startsWith("file ") && !line.startsWith("file 600 "))).toEqual([]);
    const log = await this.site.operator.log();
    expect(log).toContain("performing");
    expect(this.canaries.in(log)).toEqual([]);
    const objects = this.site.recorder.history().filter(({ what }) => !what.startsWith("Secret "));
    expect(objects.some(({ what }) => what.startsWith("Event "))).toBe(true);
    // What somebody wrote into a spec is there: the user and password of a proxy.
    expect(this.canaries.in(JSON.stringify(objects.map(({ object }) => ({ ...object, spec: {}, metadata: {} }))))).toEqual([]);
    expect(await this.#filesNow()).toEqual([]);
  }

  /** Files with a secret now; a file that is written for the purpose shows that one would be found. */
  async #filesNow(): Promise<readonly string[]> {
    const probe = join(this.canaries.temporary, "probe");
    await writeFile(probe, Buffer.from(this.canaries.make()).toString("base64"), { mode: 0o640 });
    const files = this.canaries.look().filter((line) => line.startsWith("file "));
    await rm(probe);
    expect(files).toContain("file 640 tmp/probe");
    return files.filter((line) => line !== "file 640 tmp/probe");
  }
}

interface Outage {
  readonly spoil: () => Promise<unknown>;
  readonly says: string | RegExp;
  readonly mend: () => Promise<unknown>;
}

interface Wanted {
  readonly type: string;
  readonly revision: number;
  readonly text: string;
  readonly resolved: unknown;
}

const conditionOf = (live: unknown, type: string): unknown => {
  const conditions: unknown = JSON.parse(textAt(live, "status.conditions") ?? "[]");
  return Array.isArray(conditions) ? conditions.find((condition) => textAt(condition, "type") === type) : undefined;
};

const expectEvent = (namespace: Namespace, reason: string, says: string | RegExp): Promise<void> =>
  eventually(`an event ${reason}`, () => {
    const notes = namespace
      .history()
      .filter(({ what, object }) => what.startsWith("Event ") && textAt(object, "reason") === reason)
      .map(({ object }) => textAt(object, "note") ?? "");
    expect(notes.some((note) => (typeof says === "string" ? note.includes(says) : says.test(note))) ? says : notes).toBe(says);
  });
