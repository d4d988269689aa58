import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import type { ReleaseContent, ReleaseRecord, ReleaseStatus } from "../../../helm/release.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import type { DynamicObject, Resource } from "../../../runtime/object.ts";
import type { ObjectWatches } from "../../../runtime/cache/object-watches.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../../names.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import { liveObject } from "../../readiness/testing/objects.ts";
import { identityOf, locator, refOf } from "./identity.ts";
import { leftoversOf, remainsOf } from "./leftovers.ts";
import { ReleaseObjects } from "./release-objects.ts";
import type { Listed } from "./manifest-objects.ts";
import { named, revisionOf } from "../testing/charts.ts";

const never = new AbortController().signal;
const release = { namespace: "site", name: "blog" };
const MARKS = { [HELM_RELEASE_NAME]: "blog", [HELM_RELEASE_NAMESPACE]: "site" };

/** `apiVersion Kind` → its resource. Both Ingresses are one object, as they were in Kubernetes 1.21. */
const SERVED: Readonly<Record<string, Resource>> = {
  "v1 ConfigMap": { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true },
  "v1 PersistentVolumeClaim": { group: "", version: "v1", plural: "persistentvolumeclaims", kind: "PersistentVolumeClaim", namespaced: true },
  "batch/v1 Job": { group: "batch", version: "v1", plural: "jobs", kind: "Job", namespaced: true },
  "apps/v1 StatefulSet": { group: "apps", version: "v1", plural: "statefulsets", kind: "StatefulSet", namespaced: true },
  "autoscaling/v1 HorizontalPodAutoscaler": {
    group: "autoscaling",
    version: "v1",
    plural: "hpas",
    kind: "HorizontalPodAutoscaler",
    namespaced: true,
  },
  "autoscaling/v2 HorizontalPodAutoscaler": {
    group: "autoscaling",
    version: "v2",
    plural: "hpas",
    kind: "HorizontalPodAutoscaler",
    namespaced: true,
  },
  "extensions/v1beta1 Ingress": { group: "extensions", version: "v1beta1", plural: "ingresses", kind: "Ingress", namespaced: true },
  "networking.k8s.io/v1 Ingress": { group: "networking.k8s.io", version: "v1", plural: "ingresses", kind: "Ingress", namespaced: true },
  "apiextensions.k8s.io/v1 CustomResourceDefinition": {
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "crds",
    kind: "CustomResourceDefinition",
    namespaced: false,
  },
  "rbac/v1 ClusterRole": { group: "rbac", version: "v1", plural: "clusterroles", kind: "ClusterRole", namespaced: false },
};

/** Where the API server keeps it: known without asking anything of what is tested. */
const keptAt = (word: string): string => {
  const [version = "", kind = "", name = ""] = word.split(" ");
  const [namespace, own] = name.includes(":") ? name.split(":") : [undefined, name];
  const { plural = "?", namespaced = true } = SERVED[`${version} ${kind}`] ?? {};
  return [plural, namespaced ? (namespace ?? "site") : "-", own].join(" ");
};

/** `apiVersion Kind namespace:name`, or `… name` where the manifest writes no namespace. */
const manifestOf = (words: readonly string[]): string =>
  words
    .map((word) => {
      const [apiVersion, kind, name = ""] = word.split(" ");
      const [namespace, own] = name.includes(":") ? name.split(":") : [undefined, name];
      return JSON.stringify({ apiVersion, kind, metadata: { name: own, ...(namespace === undefined ? {} : { namespace }) } });
    })
    .join("\n---\n");

interface Case {
  /** `status` and objects of each revision, oldest first. */
  readonly revisions: readonly (readonly [ReleaseStatus, ...(readonly string[])])[];
  /** What does not exist, or is not of this release, by {@link keptAt}. */
  readonly without?: readonly string[];
  readonly kept?: readonly string[];
}

const world = ({ revisions, without = [], kept = [] }: Case) => {
  const at = (resource: Resource, namespace: string | undefined, name: string): string => [resource.plural, namespace ?? "-", name].join(" ");
  const everything = new Map(
    revisions
      .flatMap(([, ...words]) => words)
      .map((word, _, all) => [keptAt(word), `uid-${String(all.findIndex((each) => keptAt(each) === keptAt(word)))}`]),
  );
  const watches = {
    onChange: () => undefined,
    covers: () => false,
    read: (resource: Resource, namespace: string | undefined, name: string): Promise<DynamicObject | undefined> => {
      const key = at(resource, namespace, name);
      const uid = everything.get(key);
      if (uid === undefined || without.includes(key)) return Promise.resolve(undefined);
      const policy = kept.includes(key) ? { "helm.sh/resource-policy": "keep" } : {};
      return Promise.resolve(liveObject("v1", resource.kind, {}, { name, uid, annotations: { ...MARKS, ...policy } }));
    },
  };
  const api = Object.assign(new MemoryApi(), { resolve: (apiVersion: string, kind: string) => Promise.resolve(SERVED[`${apiVersion} ${kind}`]) });
  const objects = new ReleaseObjects({ api, heardAt: () => 0, grantOf: () => undefined, watches: watches as unknown as ObjectWatches }); // oxlint-disable-line typescript/no-unsafe-type-assertion -- what is asked of them here
  const chart = named();
  const contents = new Map(
    revisions.map(([status, ...words], index): [number, ReleaseContent] => [
      index + 1,
      { ...release, revision: index + 1, status, labelled: status, description: "", chart: { name: "x", version: "1" }, manifest: manifestOf(words) },
    ]),
  );
  const all = revisions.map(([status], index) => revisionOf(chart, index + 1, status)).toReversed();
  const [newest] = all;
  if (newest === undefined) throw new Error("no revision");
  const everDeployed = all.some(({ status }) => status === "deployed" || status === "superseded");
  const record: ReleaseRecord = { release, newest, revisions: all, everDeployed };
  return { objects, record, records: { read: (of: ReleaseRecord) => Promise.resolve(contents.get(of.newest.revision)) }, at };
};

const looked = (listed: Listed): readonly ReleaseObject[] => ("refused" in listed ? [] : listed);

const goes = async (given: Case, which: "leftovers" | "remains" = "leftovers"): Promise<readonly string[]> => {
  const { objects, record, records, at } = world(given);
  const content = await records.read(record);
  const listed = content === undefined ? [] : looked(await objects.listed(release, content, never));
  const found = await objects.find(release, record.newest.secret, listed, never);
  const wanted = listed.map((object, index) => ({ object, found: found[index] }));
  const gone =
    which === "remains" ? await remainsOf(record, { objects, records }, never) : await leftoversOf(record, wanted, { objects, records }, never);
  return gone.map((object) => {
    const resource = SERVED[`${object.apiVersion} ${object.kind}`];
    if (resource === undefined) throw new Error(identityOf(object));
    const ref = refOf(object, resource, release.namespace);
    return at(resource, ref.namespace, ref.name);
  });
};

const written = fc
  .record({
    what: fc.constantFrom(...Object.keys(SERVED).filter((each) => !each.endsWith("Definition"))),
    namespace: fc.constantFrom("", "site:", "other:"),
    name: fc.constantFrom("a", "b"),
  })
  .map(({ what, namespace, name }) => `${what} ${namespace}${name}`);
const words = fc.array(written, { maxLength: 8 });

describe("what goes of failed revisions", () => {
  test("is nothing that the newest one has, and everything else, however their manifests are written", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(words, { minLength: 1, maxLength: 3 }), words, async (failed, wanted) => {
        const revisions = [...failed.map((each) => ["failed", ...each] as const), ["deployed", ...wanted] as const];
        const gone = new Set(await goes({ revisions }));
        const stays = new Set(wanted.map(keptAt));
        expect([...gone].filter((each) => stays.has(each))).toEqual([]);
        expect(gone).toEqual(
          new Set(
            failed
              .flat()
              .map(keptAt)
              .filter((each) => !stays.has(each)),
          ),
        );
      }),
      { numRuns: 300 },
    );
  });

  const [MAP, JOB, CLAIM] = ["v1 ConfigMap a", "batch/v1 Job a", "v1 PersistentVolumeClaim a"];
  const CRD = "apiextensions.k8s.io/v1 CustomResourceDefinition a";
  const [map, job] = [MAP, JOB].map(keptAt);
  const cases: readonly (readonly [string, Case, readonly (string | undefined)[]])[] = [
    ["an object that no good one had", { revisions: [["superseded"], ["failed", MAP], ["deployed"]] }, [map]],
    ["not one that a deployed one had: that is helm's to remove", { revisions: [["superseded", MAP], ["failed", MAP], ["deployed"]] }, []],
    ["not what is not there", { revisions: [["failed", MAP], ["deployed"]], without: [keptAt(MAP)] }, []],
    ["not what helm was told to keep", { revisions: [["failed", MAP], ["deployed"]], kept: [keptAt(MAP)] }, []],
    ["also of a release that was uninstalled", { revisions: [["failed", MAP], ["failed", JOB], ["uninstalled"]] }, [job, map]],
    [
      "what a deployed one had when helm uninstalled a failed one",
      {
        revisions: [
          ["superseded", MAP],
          ["uninstalled", JOB],
        ],
      },
      [map],
    ],
    ["no definition: the objects it defines would go with it", { revisions: [["failed", CRD, MAP], ["deployed"]] }, [map]],
    [
      "not one of the same name as one whose kind is not served",
      {
        revisions: [
          ["failed", MAP],
          ["deployed", "old/v1 ConfigMap a"],
        ],
      },
      [],
    ],
  ];
  test.each(cases)("%s", async (_, given, expected) => {
    expect(await goes(given)).toEqual(expected);
  });

  const remains: readonly (readonly [string, Case, readonly (string | undefined)[]])[] = [
    ["what cannot be changed", { revisions: [["failed", MAP, JOB, CLAIM, "rbac/v1 ClusterRole a"]] }, [job]],
    ["of every try", { revisions: [["failed", JOB], ["failed"]] }, [job]],
    [
      "nothing once one was deployed",
      {
        revisions: [
          ["superseded", JOB],
          ["failed", JOB],
        ],
      },
      [],
    ],
  ];
  test.each(remains)("before another try, %s", async (_, given, expected) => {
    expect(await goes(given, "remains")).toEqual(expected);
  });
});

test("a manifest's objects are placed where they are", async () => {
  const { objects } = world({ revisions: [["deployed"]] });
  const content = (...of: readonly string[]): ReleaseContent => ({
    ...{ ...release, revision: 1, status: "deployed", labelled: "deployed", description: "", chart: { name: "x", version: "1" } },
    manifest: manifestOf(of),
  });
  const identities = async (...of: readonly string[]) => looked(await objects.listed(release, content(...of), never)).map(identityOf);
  expect(await identities("v1 ConfigMap a", "v1 ConfigMap site:a", "v1 ConfigMap other:a")).toEqual(["/ConfigMap/site/a", "/ConfigMap/other/a"]);
  expect(await identities("rbac/v1 ClusterRole site:a", "rbac/v1 ClusterRole a")).toEqual(["rbac/ClusterRole//a"]);
  expect(await identities("gone/v1 Thing a", "gone/v2 Thing site:a")).toEqual(["gone/Thing/site/a"]);
  const place = await locator([], "site", { resolve: () => Promise.resolve(undefined) }, never);
  expect(place({ apiVersion: "v1", kind: "Thing", name: "a", annotations: {} })).toMatchObject({ namespace: "site" });
});
