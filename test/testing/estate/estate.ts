import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { readScript } from "../../../src/apps/start/steps.ts";
import { fieldsOf, listOf, textOf } from "../../../src/armada/readiness/fields.ts";
import { parseYaml } from "../../../src/base/json/yaml.ts";
import { eventually } from "../eventually.ts";
import { repository } from "../operator/operator.ts";
import { first, textAt, type Moment, type Predicate } from "../operator/recorder.ts";
import { Namespace, Site } from "./site.ts";

/** Long enough for two busy cores. */
export const PATIENCE_MS = 90_000;

const FOLDER = join(repository, "examples/estate");
export const NAMESPACES = ["site", "ceph", "infra", "openstack"];

/** A chart of the estate as the API server has it. */
export interface LiveChart {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: string;
  readonly reason: string;
  readonly state: string;
  /** Of its release; empty when it has none of its own. */
  readonly revision: string;
  readonly observed: boolean;
  readonly satisfied: boolean;
  readonly requestedAt: string;
}

export interface GroupSpec {
  readonly name: string;
  readonly sequenced: boolean;
  readonly charts: readonly string[];
}

/** `examples/estate` on a control plane of its own: what one sees of it and does to it. */
export class Estate {
  readonly site: Site;
  readonly #groups: ReadonlyMap<string, GroupSpec>;
  readonly #manifests: ReadonlyMap<string, readonly string[]>;
  readonly #namespaceOf: ReadonlyMap<string, string>;

  private constructor(site: Site, objects: readonly unknown[]) {
    this.site = site;
    const of = (kind: string): readonly unknown[] => objects.filter((object) => textAt(object, "kind") === kind);
    const named = <T>(kind: string, value: (object: unknown) => T): ReadonlyMap<string, T> =>
      new Map(of(kind).map((object) => [textAt(object, "metadata.name") ?? "", value(object)]));
    this.#groups = named("ArmadaChartGroup", (object) => ({
      name: textAt(object, "metadata.name") ?? "",
      sequenced: textAt(object, "spec.sequenced") === "true",
      charts: textsAt(object, "chart_group"),
    }));
    this.#manifests = named("ArmadaManifest", (object) => textsAt(object, "chart_groups"));
    this.#namespaceOf = named("ArmadaChart", (object) => textAt(object, "metadata.namespace") ?? "");
  }

  /** The operator runs with the flags that the example asks for. */
  static async start(): Promise<Estate> {
    const { flags } = await readScript(FOLDER);
    const names = ["2-charts-ceph", "2-charts-infra", "2-charts-openstack", "3-groups", "4-manifests", "steps/memcached"];
    const texts = await Promise.all(names.map((name) => readFile(join(FOLDER, `${name}.yaml`), "utf8")));
    return new Estate(
      await Site.start({ flags }),
      texts.flatMap((text) => text.split(/^---$/mu)).map((text) => parseYaml(text)),
    );
  }

  apply(...flags: readonly string[]): Promise<string> {
    return this.site.cluster.kubectl(["apply", "-f", FOLDER, ...flags]);
  }

  applyMissing(): Promise<string> {
    return this.site.cluster.kubectl(["apply", "-f", join(FOLDER, "steps/memcached.yaml")]);
  }

  in(namespace: string): Namespace {
    return new Namespace(this.site, namespace);
  }

  async charts(): Promise<readonly LiveChart[]> {
    return (await this.site.reader.list("act")).map(liveChart);
  }

  groupsOf(manifest: string): readonly GroupSpec[] {
    return (this.#manifests.get(manifest) ?? []).flatMap((name) => this.#groups.get(name) ?? []);
  }

  async enable(manifest: string): Promise<void> {
    await this.in("site").patch(`amf/${manifest}`, { spec: { target_state: "deployed" } });
  }

  /** Deletes it, and waits until it is gone. */
  async remove(manifest: string): Promise<void> {
    const site = this.in("site");
    await site.kubectl(["delete", "amf", manifest, "--wait=false"]);
    await eventually(
      `${manifest} is gone`,
      async () => {
        expect(await site.names("amf")).not.toContain(`armadamanifest.armada.airshipit.org/${manifest}`);
      },
      PATIENCE_MS,
    );
  }

  /** Waits until the object in namespace `site` has this status. */
  becomes(object: string, status: object): Promise<void> {
    return eventually(
      `${object} is ${JSON.stringify(status)}`,
      async () => {
        expect(await this.in("site").get(object)).toMatchObject({ status });
      },
      PATIENCE_MS,
    );
  }

  /** Waits until the chart has this status. */
  async chartBecomes(name: string, status: object): Promise<void> {
    await eventually(
      `${name} is ${JSON.stringify(status)}`,
      async () => {
        expect(await this.in(this.namespaceOf(name)).get(`act/${name}`)).toMatchObject({ status });
      },
      PATIENCE_MS,
    );
  }

  namespaceOf(chart: string): string {
    return this.#namespaceOf.get(chart) ?? "";
  }

  /** Newest revision now: what happens later comes after it. */
  now(): number {
    return Math.max(...this.site.recorder.history().map(({ revision }) => revision));
  }

  /** `namespace/name resourceVersion` of every release record. */
  async records(): Promise<readonly string[]> {
    const records = await this.site.reader.list("secret", { selector: "owner=helm" });
    const at = (record: unknown, field: string): string => textAt(record, `metadata.${field}`) ?? "";
    return records.map((record) => `${at(record, "namespace")}/${at(record, "name")} ${at(record, "resourceVersion")}`);
  }

  /** When the chart's Deployment was as asked for, for the first time after `after`. */
  when(chart: string, kind: "ArmadaChart" | "Deployment" | "Secret", is: Predicate, after: number): Promise<number> {
    const names = { ArmadaChart: chart, Deployment: `site-${chart}-testchart`, Secret: `sh.helm.release.v1.site-${chart}.v1` };
    const what = `${kind} ${this.namespaceOf(chart)}/${names[kind]}`;
    return eventually(`the history tells of ${what}`, () => first(this.site.recorder.history(), what, is, after), PATIENCE_MS);
  }

  /** Everything that any object of the kind has been since. */
  since(after: number, kind: string): readonly Moment[] {
    return this.site.recorder.history().filter(({ revision, what }) => revision > after && what.startsWith(`${kind} `));
  }
}

const textsAt = (object: unknown, field: string): readonly string[] =>
  listOf(fieldsOf(fieldsOf(object)["spec"])[field]).flatMap((name) => textOf(name) ?? []);

const liveChart = (object: unknown): LiveChart => {
  const at = (path: string): string => textAt(object, path) ?? "";
  return {
    name: at("metadata.name"),
    namespace: at("metadata.namespace"),
    uid: at("metadata.uid"),
    generation: at("metadata.generation"),
    reason: at("status.reason"),
    state: at("status.actual_state"),
    revision: at("status.release.revision"),
    observed: at("metadata.generation") === at("status.observedGeneration"),
    satisfied: at("status.satisfied") === "true",
    requestedAt: at("status.reconcile_requested_at"),
  };
};

/** Manifests that own the group: `NAME`, and `NAME controls`. */
export const groupOwners = async (estate: Estate, group: string): Promise<readonly string[]> =>
  listOf(fieldsOf(fieldsOf(await estate.in("site").get(`acg/${group}`))["metadata"])["ownerReferences"])
    .map((reference) => `${textAt(reference, "name") ?? ""}${textAt(reference, "controller") === "true" ? " controls" : ""}`)
    .sort();

const OWNER_LABEL = "owner.armada.airshipit.org/";

/** Groups that own the chart, by its labels: `NAME controller`, `NAME owner`. */
export const groupsOwning = async (estate: Estate, chart: string): Promise<readonly string[]> => {
  const groups = await estate.site.reader.list("acg", { namespace: "site" });
  const names = new Map(groups.map((group) => [textAt(group, "metadata.uid") ?? "", textAt(group, "metadata.name") ?? ""]));
  const { labels } = fieldsOf(fieldsOf(await estate.in(estate.namespaceOf(chart)).get(`act/${chart}`))["metadata"]);
  return Object.entries(fieldsOf(labels))
    .filter(([key]) => key.startsWith(OWNER_LABEL))
    .map(([key, role]) => `${names.get(key.slice(OWNER_LABEL.length)) ?? key} ${String(role)}`)
    .sort();
};

/** What the release that two charts share was made from. */
export const storageClient = async (estate: Estate): Promise<object> => {
  const deployment = await estate.in("ceph").get("deploy/site-storage-client-testchart");
  const pools = textAt(fieldsOf(fieldsOf(fieldsOf(fieldsOf(deployment)["spec"])["template"])["metadata"])["annotations"], "pools");
  return { replicas: textAt(deployment, "spec.replicas"), pools };
};
