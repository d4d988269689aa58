import { describe, expect, test } from "@jest/globals";
import type { ReleaseContent, ReleaseRecord } from "../../../helm/release.ts";
import type { Resource } from "../../../runtime/object.ts";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { disown } from "./disown.ts";
import { named, revisionOf } from "../testing/charts.ts";

const never = new AbortController().signal;
const MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const release = { namespace: "site", name: "blog" };
const of = named();
const revisions = [revisionOf(of, 3, "failed"), revisionOf(of, 2, "deployed"), revisionOf(of, 1, "superseded")] as const;
const record: ReleaseRecord = { release, newest: revisions[0], revisions, everDeployed: true };
const content: ReleaseContent = {
  ...release,
  revision: 1,
  status: "deployed",
  labelled: "deployed",
  description: "",
  chart: { name: "x", version: "1" },
  manifest: "",
};
const map = (name: string, namespace?: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
});

/** What is taken out of which revision when `a` carries the annotations of release `shop`. */
const disowned = async (
  verb: "upgrade" | "uninstall",
  others = [{ object: desiredObject("v1", "ConfigMap", { name: "a", namespace: "site" }), release: "shop" }],
) => {
  const done: string[] = [];
  const warnings = await disown(
    record,
    verb,
    {
      api: { resolve: () => Promise.resolve(MAPS) },
      objects: { others: () => Promise.resolve(others) },
      releases: { refresh: () => Promise.resolve(void done.push("refresh")) },
      records: {
        read: () => Promise.resolve(content),
        omit: ({ newest }, isOut) => {
          const out = [map("a"), map("a", "site"), map("a", "far"), map("b")].map(isOut);
          return Promise.resolve(void done.push(`revision ${String(newest.revision)}: ${out.join(" ")}`));
        },
      },
    },
    never,
  );
  return { done, warnings };
};

describe("what carries the annotations of another release", () => {
  test.each([
    ["upgrade", "revision 2: true true false false"],
    ["uninstall", "revision 3: true true false false"],
  ] as const)("is taken out of what helm %s goes on from, and said", async (verb, expected) => {
    expect(await disowned(verb)).toEqual({
      done: [expected, "refresh"],
      warnings: ["ConfigMap a has the annotations of release shop, which now owns it: it was removed from the record of release blog"],
    });
  });

  test("is looked for, and nothing is written when there is none", async () => {
    expect(await disowned("upgrade", [])).toEqual({ done: [], warnings: [] });
  });
});
