import { describe, expect, test } from "@jest/globals";
import type { KubeObject } from "../../runtime/object.ts";
import { Store } from "../../runtime/cache/store.ts";
import { releaseIndex, releaseIndexer, SecretReleaseStore, type SecretLister } from "./store.ts";

const live = new AbortController().signal;
const release = { namespace: "blog", name: "blog-1" };

interface Shape {
  readonly status?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const ours = (revision: string): Readonly<Record<string, string>> => ({
  "armada.airshipit.org/owner": "0c5e",
  "armada.airshipit.org/inputs": "sha256.ab12",
  "armada.airshipit.org/revision": revision,
  "armada.airshipit.org/epoch": "7",
});

const secret = (
  revision: number,
  { status = "deployed", uid = `u${revision}`, resourceVersion = String(100 + revision), labels = {} }: Shape = {},
): KubeObject => ({
  apiVersion: "meta.k8s.io/v1",
  kind: "PartialObjectMetadata",
  metadata: {
    name: `sh.helm.release.v1.blog-1.v${revision}`,
    namespace: "blog",
    uid,
    resourceVersion,
    labels: { name: "blog-1", owner: "helm", status, version: String(revision), modifiedAt: "1795247738", ...labels },
  },
});

const setUp = (known: readonly KubeObject[], listed: () => readonly KubeObject[] = () => known) => {
  const secrets = new Store<KubeObject>({ indexers: { [releaseIndex]: releaseIndexer } });
  for (const object of known) secrets.upsert(object);
  const requests: unknown[] = [];
  const list: SecretLister["list"] = async (resource, options) => {
    requests.push({ plural: resource.plural, ...options });
    return listed();
  };
  return { secrets, requests, store: new SecretReleaseStore(secrets, { list }) };
};

test("a release without a Secret has no record", () => {
  expect(setUp([]).store.read(release)).toBeUndefined();
});

test("a record lists the revisions, newest first", () => {
  const { store } = setUp([secret(9, { status: "superseded" }), secret(11, { status: "failed" }), secret(10)]);
  const record = store.read(release);
  expect(record?.revisions.map(({ revision, status }) => `${revision} ${status}`)).toEqual(["11 failed", "10 deployed", "9 superseded"]);
  expect(record?.newest).toEqual({
    revision: 11,
    status: "failed",
    modifiedAtMs: 1_795_247_738_000,
    labels: undefined,
    labelsCurrent: false,
    secret: { name: "sh.helm.release.v1.blog-1.v11", uid: "u11", resourceVersion: "111" },
  });
});

test("Secrets of other releases, other namespaces and other owners are not in the record", () => {
  const other = secret(2, { labels: { name: "blog-2" } });
  const foreign = secret(3, { labels: { owner: "somebody" } });
  const elsewhere = { ...secret(4), metadata: { ...secret(4).metadata, namespace: "shop" } };
  expect(setUp([secret(1), other, foreign, elsewhere]).store.read(release)?.revisions).toHaveLength(1);
});

describe("everDeployed", () => {
  test.each([
    ["deployed", true],
    ["superseded, failed", true],
    ["deployed, failed", true],
    ["failed, failed", false],
    ["pending-install", false],
    ["failed, uninstalled", false],
  ])("of %s is %p", (statuses, expected) => {
    const secrets = statuses.split(", ").map((status, index) => secret(index + 1, { status }));
    expect(setUp(secrets).store.read(release)?.everDeployed).toBe(expected);
  });
});

describe("labels", () => {
  test.each([
    ["written for this revision count", ours("3"), {}, true],
    ["carried over from another revision do not count", ours("2"), { revision: 2 }, false],
    ["without an epoch count", { ...ours("3"), "armada.airshipit.org/epoch": undefined }, { epoch: "" }, true],
    ["without a digest have none", { ...ours("3"), "armada.airshipit.org/inputs": undefined }, { inputs: "" }, true],
    ["without a revision name the owner all the same", { ...ours("3"), "armada.airshipit.org/revision": undefined }, { revision: 0 }, false],
    ["with a revision that is no number, too", ours("three"), { revision: 0 }, false],
    ["without an owner are none", { ...ours("3"), "armada.airshipit.org/owner": undefined }, undefined, false],
    ["absent", {}, undefined, false],
  ])("%s", (_title, given, lost, current) => {
    const labels = Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined));
    const newest = setUp([secret(3, { labels })]).store.read(release)?.newest;
    expect(newest?.labelsCurrent).toBe(current);
    expect(newest?.labels).toEqual(lost === undefined ? undefined : { owner: "0c5e", inputs: "sha256.ab12", revision: 3, epoch: "7", ...lost });
  });
});

test.each([
  ["a status of a later helm is unknown", { status: "paused" }, { status: "unknown" }],
  ["without modifiedAt the time of creation counts", { labels: { modifiedAt: "", createdAt: "1795247000" } }, { modifiedAtMs: 1_795_247_000_000 }],
])("%s", (_title, shape, expected) => {
  expect(setUp([secret(1, shape)]).store.read(release)?.newest).toMatchObject(expected);
});

describe("the number of a revision", () => {
  const renamed = (name: string, version: string) => {
    const { metadata, ...rest } = secret(2, { labels: { version } });
    return { ...rest, metadata: { ...metadata, name } };
  };
  test.each([
    ["is that of the Secret's name, whatever somebody made of the label", renamed("sh.helm.release.v1.blog-1.v2", "7"), 2],
    ["is that of the name when the label is none", renamed("sh.helm.release.v1.blog-1.v2", "x"), 2],
    ["is that of the label when the name has none", renamed("restored", "7"), 7],
    ["is nowhere: then the Secret is not in the record", renamed("restored", "x"), undefined],
  ])("%s", (_, given, expected) => {
    expect(setUp([given]).store.read(release)?.newest.revision).toBe(expected);
  });
});

describe("refresh", () => {
  test("asks for the metadata of this release's Secrets only", async () => {
    const { store, requests } = setUp([secret(1)]);
    await store.refresh(release, live);
    expect(requests).toEqual([
      { plural: "secrets", namespace: "blog", labelSelector: "owner=helm,name=blog-1", fieldSelector: "type=helm.sh/release.v1", metadataOnly: true },
    ]);
  });

  test("takes what the server has and drops what it has no longer", async () => {
    const fresh = [secret(2, { resourceVersion: "205", status: "superseded" }), secret(3, { resourceVersion: "206" })];
    const { store } = setUp([secret(1), secret(2)], () => fresh);
    const record = await store.refresh(release, live);
    expect(record?.revisions.map(({ revision, status }) => `${revision} ${status}`)).toEqual(["3 deployed", "2 superseded"]);
    expect(store.read(release)).toEqual(record);
  });

  test("drops the last one", async () => {
    const { store } = setUp([secret(1)], () => []);
    await expect(store.refresh(release, live)).resolves.toBeUndefined();
  });

  test("keeps what the watch brought while the answer was on its way", async () => {
    const known = secret(1);
    const { store, secrets } = setUp([known], () => {
      secrets.upsert(secret(2));
      return [known];
    });
    expect((await store.refresh(release, live))?.newest.revision).toBe(2);
  });

  test("keeps a namesake that replaced a deleted one while the answer was on its way", async () => {
    const { store, secrets } = setUp([secret(1, { uid: "old" })], () => {
      secrets.upsert(secret(1, { uid: "new", resourceVersion: "300" }));
      return [];
    });
    expect((await store.refresh(release, live))?.newest.secret.uid).toBe("new");
  });
});
