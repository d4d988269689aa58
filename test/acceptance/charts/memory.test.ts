import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { eventually } from "../../testing/eventually.ts";
import { annotation, ownersOf, releases, tells } from "../../testing/estate/members.ts";
import { chart, group, manifest } from "../../testing/estate/objects.ts";
import { textAt } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const parkedSpec = { target_state: "uninitialized" };
const ours = (key: string): string => `armada.airshipit.org/${key}`;

let site: Site;

beforeAll(async () => {
  site = await Site.startWithParts();
}, 60_000);

afterAll(async () => {
  await site?.stop();
}, 30_000);

const FILES = {
  "act/a": chart("a", parkedSpec),
  "acg/g": group("g", ["a"], parkedSpec),
  "amf/m": manifest("m", ["g"], { release_prefix: "site" }),
};
const SECRET = "secret/sh.helm.release.v1.site-a.v1";

/** `kubectl replace` with the file: what the operator has noted in metadata goes, status stays. */
const replace = (namespace: Namespace, object: keyof typeof FILES): Promise<string> =>
  namespace.kubectl(["replace", "-f", "-"], JSON.stringify(FILES[object]));

const unlabel = (namespace: Namespace, ...keys: readonly string[]): Promise<void> =>
  namespace.patch(SECRET, { metadata: { labels: Object.fromEntries(keys.map((key) => [ours(key), null])) } });

const forget = (namespace: Namespace, object: string): Promise<string> =>
  namespace.kubectl(["patch", object, "--subresource=status", "--type=merge", "-p", '{"status":null}']);

const unmark = (object: string, field: "ownerReferences" | "finalizers") => (namespace: Namespace) =>
  namespace.patch(object, { metadata: { [field]: null } });

const unannotate = (object: string, key: string) => (namespace: Namespace) => namespace.kubectl(["annotate", object, `${ours(key)}-`]);

const MEMORY: readonly (readonly [what: string, lose: (namespace: Namespace) => Promise<unknown>])[] = [
  ["the release's name", unannotate("act/a", "release-name")],
  ["a chart's release prefix", unannotate("act/a", "release-prefix")],
  ["a group's release prefix", unannotate("acg/g", "release-prefix")],
  ["who enabled a chart", unannotate("act/a", "enabled-by")],
  ["who enabled a group", unannotate("acg/g", "enabled-by")],
  ["a chart's owner reference", unmark("act/a", "ownerReferences")],
  ["a group's owner reference", unmark("acg/g", "ownerReferences")],
  ["a chart's finalizer", unmark("act/a", "finalizers")],
  ["a group's finalizer", unmark("acg/g", "finalizers")],
  ["the release's owner", (namespace) => unlabel(namespace, "owner")],
  ["the release's inputs", (namespace) => unlabel(namespace, "inputs")],
  ["the revision that labels were written for", (namespace) => unlabel(namespace, "revision")],
  ["the epoch", (namespace) => unlabel(namespace, "epoch")],
  ["all labels of the release", (namespace) => unlabel(namespace, "owner", "inputs", "revision", "epoch")],
  ["a chart's status", (namespace) => forget(namespace, "act/a")],
  ["a group's status", (namespace) => forget(namespace, "acg/g")],
  ["a manifest's status", (namespace) => forget(namespace, "amf/m")],
  ["all that kubectl replace takes from a chart", (namespace) => replace(namespace, "act/a")],
  ["all that kubectl replace takes from a group", (namespace) => replace(namespace, "acg/g")],
  ["all that kubectl replace takes from a manifest", (namespace) => replace(namespace, "amf/m")],
];

/** Everything is as it was: the same release, the same object of it, and no helm ran. */
const isAsBefore = async (namespace: Namespace, before: { readonly map: string | undefined; readonly runs: number }, at: string): Promise<void> => {
  await namespace.becomes("act/a", { ...DEPLOYED, release: { name: "site-a", revision: 1 } });
  await namespace.kubectl(["annotate", "act/a", "--overwrite", `${ours("reconcile-requested-at")}=${at}`]);
  await namespace.becomes("act/a", { ...DEPLOYED, release: { name: "site-a", revision: 1 }, reconcile_requested_at: at });
  await namespace.becomes("amf/m", DEPLOYED);
  await eventually("the release is named and its chart owned", async () => {
    expect(annotation(await namespace.get("act/a"), "release-name")).toBe("site-a");
    expect([await ownersOf(namespace, "act/a"), await ownersOf(namespace, "acg/g")]).toEqual([["g (controller)"], ["m (controller)"]]);
  });
  expect([await releases(namespace), await uidOfMap(namespace), await site.helmRuns()]).toEqual([["site-a.v1"], before.map, before.runs]);
};

const uidOfMap = async (namespace: Namespace): Promise<string | undefined> => textAt(await namespace.get("cm/site-a"), "metadata.uid");

describe("what the operator remembers may be lost: nothing is removed, nothing made twice, and no helm runs", () => {
  let namespace: Namespace;
  let map: string | undefined;

  beforeAll(async () => {
    namespace = await site.namespace("memory");
    await namespace.apply(Object.values(FILES));
    await namespace.becomes("amf/m", DEPLOYED);
    map = await uidOfMap(namespace);
  }, 60_000);

  test.each(MEMORY)(
    "%s",
    async (what, lose) => {
      const runs = await site.helmRuns();
      await lose(namespace);
      await isAsBefore(namespace, { map, runs }, `after-${what.replaceAll(/\W/gu, "-")}`);
    },
    60_000,
  );

  test("all of it, while no operator runs", async () => {
    await site.operator.stop();
    for (const [, lose] of MEMORY) await lose(namespace).catch(() => undefined);
    await site.restart("SIGTERM");
    await isAsBefore(namespace, { map, runs: 0 }, "after-all");
  }, 60_000);

  test.each([["uninstalled"], ["uninstalling"], ["failed"], ["pending-install"], ["pending-upgrade"], ["superseded"], ["unknown"], ["nonsense"]])(
    "a label that calls a release %s is corrected",
    async (status) => {
      const runs = await site.helmRuns();
      await namespace.patch(SECRET, { metadata: { labels: { status } } });
      await tells(namespace, "a", `LabelCorrected the label status of revision 1 was ${status === "nonsense" ? "unknown" : status}`);
      await eventually("the label is corrected", async () => {
        expect(textAt(await namespace.get(SECRET), "metadata.labels.status")).toBe("deployed");
      });
      await isAsBefore(namespace, { map, runs }, `after-label-${status}`);
    },
    60_000,
  );

  test("a label with another version counts for nothing", async () => {
    const runs = await site.helmRuns();
    await namespace.patch(SECRET, { metadata: { labels: { version: "7" } } });
    await isAsBefore(namespace, { map, runs }, "after-version");
  }, 60_000);

  test("a label edited while its chart is being deleted holds up nothing", async () => {
    await site.operator.stop();
    await namespace.patch(SECRET, { metadata: { labels: { status: "uninstalled" } } });
    await namespace.kubectl(["delete", "amf", "m", "--wait=false"]);
    await site.restart("SIGTERM");
    await namespace.kubectl(["wait", "--for=delete", "amf/m", "--timeout=40s"]);
    expect([await releases(namespace), await namespace.names("cm")]).toEqual([[], ["configmap/kube-root-ca.crt"]]);
  }, 60_000);
});

describe("a label that calls a failed release deployed", () => {
  test("is corrected, and the release mended", async () => {
    const namespace = await site.namespace("really-failed");
    await namespace.apply([chart("b", { values: { hook: true, node: { nobody: "there" } }, wait: { timeout: 1 } })]);
    await namespace.becomes("act/b", { actual_state: "failed", reason: "InstallError" });
    await site.operator.stop();
    await namespace.patch("secret/sh.helm.release.v1.b.v1", { metadata: { labels: { status: "deployed" } } });
    await namespace.apply([chart("b")]);
    await site.restart("SIGTERM");
    await namespace.becomes("act/b", { ...DEPLOYED, release: { revision: 2 } });
  }, 60_000);
});

describe("two charts of one release", () => {
  test("keep who has it and who had it: without annotations, and without labels on the release", async () => {
    const namespace = await site.namespace("pair-memory");
    const former = chart("client", { ...parkedSpec, values: { text: "old" } });
    const files = [
      former,
      chart("update", { ...parkedSpec, release: "client", values: { text: "new" } }),
      group("base", ["client"], parkedSpec),
      group("later", ["update"], parkedSpec),
    ];
    await namespace.apply([...files, manifest("bootstrap", ["base"]), manifest("full", ["base", "later"], parkedSpec)]);
    await namespace.becomes("amf/bootstrap", DEPLOYED);
    await namespace.patch("amf/full", { spec: { target_state: "deployed" } });
    await namespace.becomes("amf/full", DEPLOYED);
    await namespace.becomes("act/client", { ...DEPLOYED, reason: "Superseded" });
    const runs = await site.helmRuns();
    const labels = Object.fromEntries(["owner", "inputs", "revision", "epoch"].map((key) => [ours(key), null]));
    await namespace.patch("secret/sh.helm.release.v1.client.v2", { metadata: { labels } });
    await eventually("the release is marked again", async () => {
      const secret = await namespace.get("secret/sh.helm.release.v1.client.v2");
      expect(JSON.stringify(secret)).toContain(textAt(await namespace.get("act/update"), "metadata.uid"));
    });
    await namespace.kubectl(["replace", "-f", "-"], JSON.stringify(former));
    await namespace.kubectl(["annotate", "act", "--all", "--overwrite", `${ours("reconcile-requested-at")}=after`]);
    await namespace.becomes("act/client", { ...DEPLOYED, reason: "Superseded", reconcile_requested_at: "after" });
    await namespace.becomes("act/update", { ...DEPLOYED, release: { revision: 2 }, reconcile_requested_at: "after" });
    expect([await releases(namespace), await site.helmRuns()]).toEqual([["client.v1", "client.v2"], runs]);
    await namespace.kubectl(["delete", "amf", "full", "--timeout=40s"]);
    await namespace.becomes("act/client", { ...DEPLOYED, reason: "UnderlyingResourcesReady", release: { revision: 3 } });
    expect(textAt(await namespace.get("cm/client"), "data.text")).toBe("old");
  }, 60_000);
});
