import { keyOf } from "../runtime/object.ts";
import { Store } from "../runtime/store.ts";
import type { Logger } from "../base/log.ts";
import type { ArmadaChart } from "./api/chart.ts";
import type { ArmadaChartGroup } from "./api/group.ts";
import type { ArmadaManifest } from "./api/manifest.ts";
import { RELEASE_NAME } from "./names.ts";
import { isChart, isManifest, memberNames, type Estate, type Member, type Node, type Parent } from "./estate.ts";

const ownersOf = ({ metadata }: Node): readonly string[] => (metadata.ownerReferences ?? []).map(({ uid }) => uid);
const uidOf = ({ metadata }: Node): readonly string[] => [metadata.uid];
const membersOf = (parent: Parent): readonly string[] => memberNames(parent).map((name) => `${parent.metadata.namespace ?? ""}/${name}`);

/** Releases a chart may be about: `namespace/name`, as recorded and as its spec says. */
const releasesOf = ({ metadata, spec }: ArmadaChart): readonly string[] => [
  ...new Set([metadata.annotations?.[RELEASE_NAME] ?? spec.release, spec.release].map((name) => `${metadata.namespace ?? ""}/${name}`)),
];

/** The caches of the three kinds, with the indexes that questions about the estate need. */
export class StoreEstate implements Estate {
  readonly charts: Store<ArmadaChart>;
  readonly groups: Store<ArmadaChartGroup>;
  readonly manifests: Store<ArmadaManifest>;

  constructor(log: Logger) {
    this.charts = new Store<ArmadaChart>({ log, indexers: { uid: uidOf, owner: ownersOf, release: releasesOf } });
    this.groups = new Store<ArmadaChartGroup>({ log, indexers: { uid: uidOf, owner: ownersOf, member: membersOf } });
    this.manifests = new Store<ArmadaManifest>({ log, indexers: { uid: uidOf, member: membersOf } });
  }

  member(parent: Parent, name: string): Member | undefined {
    const key = `${parent.metadata.namespace ?? ""}/${name}`;
    return isManifest(parent) ? this.groups.get(key) : this.charts.get(key);
  }

  parentsListing(member: Node): readonly Parent[] {
    if (isManifest(member)) return [];
    const parents = isChart(member) ? this.groups.byIndex("member", keyOf(member)) : this.manifests.byIndex("member", keyOf(member));
    return [...parents].sort(olderFirst);
  }

  parent(uid: string): Parent | undefined {
    return this.groups.byIndex("uid", uid)[0] ?? this.manifests.byIndex("uid", uid)[0];
  }

  ownedBy(parent: Parent): readonly Member[] {
    return isManifest(parent) ? this.groups.byIndex("owner", parent.metadata.uid) : this.charts.byIndex("owner", parent.metadata.uid);
  }

  chartByUid(uid: string): ArmadaChart | undefined {
    return this.charts.byIndex("uid", uid)[0];
  }

  /** Charts that name the release. */
  chartsOf(release: string): readonly ArmadaChart[] {
    return this.charts.byIndex("release", release);
  }
}

const olderFirst = (a: Parent, b: Parent): number =>
  (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? "") || a.metadata.uid.localeCompare(b.metadata.uid);
