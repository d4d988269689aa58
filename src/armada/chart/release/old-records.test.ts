import { describe, expect, test } from "@jest/globals";
import type { ReleaseContent, ReleaseRecord, ReleaseStatus } from "../../../helm/release.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import type { Resource } from "../../../runtime/object.ts";
import { HELM_RELEASE_NAME, HELM_RELEASE_NAMESPACE } from "../../names.ts";
import { listObjects } from "../../readiness/manifest.ts";
import { locator } from "../objects/identity.ts";
import type { Listed } from "../objects/manifest-objects.ts";
import { keepToLimit, surplusOf } from "./old-records.ts";
import { named, revisionOf } from "../testing/charts.ts";

const never = new AbortController().signal;
const MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const of = named();
const limit = { owner: of.metadata.uid, limit: 2 };

/** `4F 3F 2D 1F`, newest first; a small letter: not ours. */
const recordOf = (notation: string): ReleaseRecord => {
  const statuses: Readonly<Record<string, ReleaseStatus>> = { F: "failed", D: "deployed", S: "superseded", P: "pending-install", U: "uninstalled" };
  const revisions = notation.split(" ").map((word) => {
    const [number = "", letter = ""] = word;
    const revision = revisionOf(of, Number(number), statuses[letter.toUpperCase()] ?? "unknown");
    return letter === letter.toUpperCase() ? revision : { ...revision, labels: undefined, labelsCurrent: false };
  });
  const [newest] = revisions;
  if (newest === undefined) throw new Error("no revision");
  const everDeployed = revisions.some(({ status }) => status === "deployed" || status === "superseded");
  return { release: { namespace: "site", name: "blog" }, newest, revisions, everDeployed };
};

test.each([
  ["2F 1F", "", "as many as may stay"],
  ["4F 3F 2F 1F", "1 2", "the oldest go"],
  ["4P 3F 2F 1F", "1 2", "the newest stays whatever it is"],
  ["4F 3f 2F 1f", "2", "somebody else's stay"],
  ["4F 3F 2U 1F", "1 3", "only failures go"],
  ["4D 3F 2F 1F", "1 2", "the first success counts, too"],
  ["4F 3D 2F 1F", "", "helm keeps to the limit once an older one was deployed"],
  ["4F 3F 2S 1F", "", "or had been"],
])("of %s go %p: %s", (notation, expected) => {
  expect(
    surplusOf(recordOf(notation), limit)
      .map(({ revision }) => revision)
      .join(" "),
  ).toBe(expected);
});

test("no limit, nothing goes", () => {
  expect(surplusOf(recordOf("4F 3F 2F 1F"), { ...limit, limit: 0 })).toEqual([]);
});

describe("a record beyond the limit", () => {
  const manifestOf = (names: string): string =>
    names
      .split("")
      .map((name) => `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`)
      .join("");

  /** `names`: what each revision names, by number. `live`: what exists; in capitals: of somebody else. */
  const kept = async (names: Readonly<Record<number, string>>, live: string, trouble?: Error): Promise<readonly string[]> => {
    const api = Object.assign(new MemoryApi(), { resolve: () => Promise.resolve(MAPS) });
    for (const letter of live) {
      const ours = letter === letter.toLowerCase() ? { [HELM_RELEASE_NAME]: "blog", [HELM_RELEASE_NAMESPACE]: "site" } : {};
      const annotations = { ...ours, ...(letter === "k" ? { "helm.sh/resource-policy": "keep" } : {}) };
      const metadata = { name: letter.toLowerCase(), namespace: "site", annotations };
      await api.create({ resource: MAPS, namespace: "site" }, { apiVersion: "v1", kind: "ConfigMap", metadata }, never);
    }
    api.before = () => {
      if (trouble !== undefined) throw trouble;
    };
    const record = recordOf("4F 3F 2F 1F");
    const purged: string[] = [];
    const records = {
      read: ({ release, newest }: ReleaseRecord) =>
        Promise.resolve({
          ...release,
          revision: newest.revision,
          status: newest.status,
          labelled: newest.status,
          description: "",
          chart: { name: "x", version: "1" },
          manifest: manifestOf(names[newest.revision] ?? ""),
        }),
      purge: async ({ revisions }: ReleaseRecord) => void purged.push(...revisions.map(({ revision }) => String(revision))),
    };
    const listed = async ({ namespace }: ReleaseRecord["release"], { manifest }: ReleaseContent): Promise<Listed> => {
      if (manifest.includes("{name: x}")) return { refused: "too large" };
      const objects = await listObjects(manifest);
      return objects.map(await locator(objects, namespace, api, never));
    };
    await keepToLimit(record, limit, { api, records, objects: { listed } }, never).catch(() => undefined);
    return record.revisions.map(({ revision }) => String(revision)).filter((revision) => !purged.includes(revision));
  };

  test.each([
    ["goes when younger ones name the same objects", { 1: "a", 2: "a", 3: "a", 4: "a" }, "a", ["4", "3"]],
    ["goes when what it alone names is not there", { 1: "a", 2: "b", 4: "c" }, "c", ["4", "3"]],
    ["goes when what it alone names is not of this release", { 1: "a", 2: "b", 4: "c" }, "ABc", ["4", "3"]],
    ["goes when what it alone names is to be kept: nobody would remove it", { 1: "k", 2: "b", 4: "c" }, "k", ["4", "3"]],
    ["stays while nobody has looked at what younger ones name", { 1: "a", 2: "b", 4: "x" }, "", ["4", "3", "2", "1"]],
    ["stays while it alone names an object that is there", { 1: "a", 2: "b", 4: "c" }, "a", ["4", "3", "1"]],
  ])("%s", async (_, names, live, expected) => {
    expect(await kept(names, live)).toEqual(expected);
  });

  test("stays when nobody can say whether its objects are there", async () => {
    expect(await kept({ 1: "a", 2: "b" }, "", new Error("away"))).toEqual(["4", "3", "2", "1"]);
  });
});
