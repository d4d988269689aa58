import type { KubeObject } from "../../runtime/object.ts";
import { Store } from "../../runtime/cache/store.ts";
import type { Logger } from "../../base/log.ts";
import type { ArmadaChart } from "../api/chart.ts";
import type { ArmadaChartGroup } from "../api/group.ts";
import type { ArmadaManifest } from "../api/manifest.ts";
import { releaseOf } from "./release-name.ts";
import {
  dependencyNames,
  isChart,
  isManifest,
  isOwnedBy,
  memberNames,
  olderFirst,
  type DependencyLookup,
  type Estate,
  type Lookup,
  type Member,
  type Node,
  type Parent,
} from "./estate.ts";
import { ownersByReference, ownersOf, type Owner } from "./owner-references.ts";
import { SameSpec } from "./same-spec.ts";

const uidOf = ({ metadata }: Node): readonly string[] => [metadata.uid];
const namespaceOnly = ({ metadata }: Node): readonly string[] => [metadata.namespace ?? ""];
const nameOnly = ({ metadata }: Node): readonly string[] => [metadata.name];

/** Releases a chart may be about: `namespace/name`, as recorded and as its spec says. */
const releasesOf = (chart: ArmadaChart): readonly string[] => [
  ...new Set([true, false].map((exists) => releaseOf(chart, { exists })).map(({ namespace, name }) => `${namespace}/${name}`)),
];

/** The caches of the three kinds, with the indexes that questions about the estate need. */
export class StoreEstate implements Estate {
  readonly charts: Store<ArmadaChart>;
  readonly groups: Store<ArmadaChartGroup>;
  readonly manifests: Store<ArmadaManifest>;

  readonly crossNamespace: boolean;
  readonly #sameSpec = new SameSpec();

  constructor({ log, crossNamespace }: { readonly log: Logger; readonly crossNamespace: boolean }) {
    this.crossNamespace = crossNamespace;
    const ownerUids = (node: Node): readonly string[] => this.ownersOf(node).map(({ uid }) => uid);
    this.charts = new Store<ArmadaChart>({
      log,
      indexers: { uid: uidOf, name: nameOnly, owner: ownerUids, release: releasesOf, dependency: dependencyNames, namespace: namespaceOnly },
    });
    this.groups = new Store<ArmadaChartGroup>({ log, indexers: { uid: uidOf, name: nameOnly, owner: ownerUids, member: memberNames } });
    this.manifests = new Store<ArmadaManifest>({ log, indexers: { uid: uidOf, member: memberNames } });
    for (const store of [this.charts, this.groups]) store.onChange((change) => this.#sameSpec.changed(change));
  }

  member(parent: Parent, name: string): Member | undefined {
    const own = this.#inNamespace(parent, name);
    if (!this.crossNamespace || (own !== undefined && isOwnedBy(own, parent, this))) return own;
    return this.lookup(parent, name).member;
  }

  lookup(parent: Parent, name: string): Lookup {
    const named: readonly Member[] = isManifest(parent) ? this.groups.byIndex("name", name) : this.charts.byIndex("name", name);
    const others = (member: Member | undefined): Lookup => ({ member, namesakes: named.filter((other) => other !== member) });
    const own = this.#inNamespace(parent, name);
    if (!this.crossNamespace) return others(own);
    const kept = named.find((member) => isOwnedBy(member, parent, this));
    const [only, ...more] = named;
    return others(kept ?? own ?? (more.length === 0 ? only : undefined));
  }

  parentsListing(member: Node): readonly Parent[] {
    const { name, namespace, uid } = member.metadata;
    return this.parentsNaming(member).filter((parent) => {
      const meant = this.member(parent, name);
      return meant === undefined ? parent.metadata.namespace === namespace : meant.metadata.uid === uid;
    });
  }

  parentsNaming(member: Node): readonly Parent[] {
    if (isManifest(member)) return [];
    const { name, namespace } = member.metadata;
    const parents: readonly Parent[] = isChart(member) ? this.groups.byIndex("member", name) : this.manifests.byIndex("member", name);
    return parents.filter(({ metadata }) => this.crossNamespace || metadata.namespace === namespace).sort(olderFirst);
  }

  parent(uid: string): Parent | undefined {
    return this.groups.byIndex("uid", uid)[0] ?? this.manifests.byIndex("uid", uid)[0];
  }

  ownersOf(member: KubeObject): readonly Owner[] {
    return this.crossNamespace ? ownersOf(member) : ownersByReference(member);
  }

  ownedBy(parent: Parent): readonly Member[] {
    const { uid, namespace } = parent.metadata;
    const owned: readonly Member[] = isManifest(parent) ? this.groups.byIndex("owner", uid) : this.charts.byIndex("owner", uid);
    return this.crossNamespace ? owned : owned.filter(({ metadata }) => metadata.namespace === namespace);
  }

  unchangedSince(member: Member): number {
    return this.#sameSpec.since(member);
  }

  sharingRelease(chart: ArmadaChart): readonly ArmadaChart[] {
    return [...new Set(releasesOf(chart).flatMap((release) => this.chartsOf(release)))].filter(({ metadata }) => metadata.uid !== chart.metadata.uid);
  }

  dependency(chart: ArmadaChart, name: string): DependencyLookup {
    const own = this.charts.get(`${chart.metadata.namespace ?? ""}/${name}`);
    if (own !== undefined) return { chart: own, namesakes: [] };
    const [only, ...more] = this.charts.byIndex("name", name);
    if (this.crossNamespace && more.length === 0) return { chart: only, namesakes: [] };
    return { chart: undefined, namesakes: only === undefined ? [] : [only, ...more] };
  }

  dependents(chart: ArmadaChart): readonly ArmadaChart[] {
    const { name, namespace } = chart.metadata;
    return this.charts.byIndex("dependency", name).filter(({ metadata }) => this.crossNamespace || metadata.namespace === namespace);
  }

  #inNamespace(parent: Parent, name: string): Member | undefined {
    const key = `${parent.metadata.namespace ?? ""}/${name}`;
    return isManifest(parent) ? this.groups.get(key) : this.charts.get(key);
  }

  chartByUid(uid: string): ArmadaChart | undefined {
    return this.charts.byIndex("uid", uid)[0];
  }

  chartsIn(namespace: string): readonly ArmadaChart[] {
    return this.charts.byIndex("namespace", namespace);
  }

  /** Charts that name the release. */
  chartsOf(release: string): readonly ArmadaChart[] {
    return this.charts.byIndex("release", release);
  }
}
