import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { temporaryFolder, writeTree } from "../../../src/sources/testing/artifacts.ts";
import { chartTgz } from "../../../src/sources/testing/archive.ts";
import { eventually } from "../../testing/eventually.ts";
import { chart } from "../../testing/estate/objects.ts";
import { textAt } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const chartYaml = (name: string, type: string, more: object = {}): string =>
  JSON.stringify({ apiVersion: "v2", name, version: "0.1.0", type, ...more });

/** A library whose template `NAME.text` says `text`. */
const library = (name: string, text: string) => ({
  [`${name}/Chart.yaml`]: chartYaml(name, "library"),
  [`${name}/templates/_text.tpl`]: `{{ define "${name}.text" }}${text}{{ end }}`,
});

/** A chart with a ConfigMap that says what the library says. */
const user = (name: string, of: string) => ({
  [`${name}/Chart.yaml`]: chartYaml(name, "application"),
  [`${name}/templates/map.yaml`]: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {text: "{{ include "${of}.text" . }}"}\n`,
});

const below = (place: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${place}/${path}`, text]));

let site: Site;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeTree(folder.path, {
    ...library("toolkit", "one"),
    ...library("moving", "one"),
    ...library("leaf", "leaf"),
    ...library("mid", `mid {{ include "leaf.text" . }}`),
    ...user("web", "toolkit"),
    ...user("mover", "moving"),
    ...user("top", "mid"),
    ...user("vendored", "toolkit"),
    ...below("vendored/charts", library("toolkit", "vendored")),
  });
  site = await Site.start({ chartRoot: folder.path });
}, 90_000);

afterAll(async () => {
  await site?.stop();
  await folder?.remove();
}, 30_000);

const of = (name: string, chartName: string, spec: object = {}) =>
  chart(name, { source: { type: "local", location: `/opt/armada/helm-charts/${chartName}` }, ...spec });
/** An ArmadaChart that is there to be depended on. */
const shelf = (name: string, chartName = name, spec: object = {}) => of(name, chartName, { target_state: "uninitialized", ...spec });

const saysText = async (namespace: Namespace, name: string, text: string): Promise<void> =>
  eventually(`${name} says ${text}`, async () => expect(textAt(await namespace.get(`configmap/${name}`), "data.text")).toBe(text));

const request = (namespace: Namespace, name: string, value: string) =>
  namespace.patch(`act/${name}`, { metadata: { annotations: { "armada.airshipit.org/reconcile-requested-at": value } } });

describe("a chart with dependencies", () => {
  test("uses the templates of a library chart that stands parked beside it, and says what was placed", async () => {
    const namespace = await site.namespace("library");
    await namespace.apply([of("web", "web", { dependencies: ["helm-toolkit"] }), shelf("helm-toolkit", "toolkit")]);
    const placed = { name: "toolkit", version: "0.1.0", digest: expect.stringMatching(/^sha256\./), resolved: expect.stringMatching(/^sha256\./) };
    await namespace.becomes("act/web", { ...DEPLOYED, source: { dependencies: [placed] } });
    await saysText(namespace, "web", "one");
    await namespace.becomes("act/helm-toolkit", { actual_state: "uninitialized", reason: "Library", satisfied: true });
  }, 60_000);

  test("gets those of its dependencies, too", async () => {
    const namespace = await site.namespace("recursive");
    await namespace.apply([of("top", "top", { dependencies: ["mid"] }), shelf("mid", "mid", { dependencies: ["leaf"] }), shelf("leaf")]);
    await namespace.becomes("act/top", DEPLOYED);
    await saysText(namespace, "top", "mid leaf");
  }, 60_000);

  test("takes a library below a chart root where no ArmadaChart has the name", async () => {
    const namespace = await site.namespace("folder");
    await namespace.apply([of("web", "web", { dependencies: ["toolkit"] })]);
    await namespace.becomes("act/web", { ...DEPLOYED, source: { dependencies: [{ name: "toolkit" }] } });
  }, 60_000);

  test("keeps what its charts/ has, absent or empty; a dependency of that name takes its place", async () => {
    const namespace = await site.namespace("vendored");
    await namespace.apply([of("absent", "vendored"), of("empty", "vendored", { dependencies: [] }), shelf("toolkit")]);
    for (const name of ["absent", "empty"]) {
      await namespace.becomes(`act/${name}`, DEPLOYED);
      await saysText(namespace, name, "vendored");
    }
    await namespace.patch("act/empty", { spec: { dependencies: ["toolkit"] } });
    await namespace.becomes("act/empty", { ...DEPLOYED, release: { revision: 2 } });
    await saysText(namespace, "empty", "one");
  }, 60_000);
});

test("a dependency stands for one that Chart.yaml names at a place where nothing is", async () => {
  const namespace = await site.namespace("named");
  const dependencies = [{ name: "toolkit", version: ">=0.1.0", repository: "file://../../infra/toolkit" }];
  await writeTree(folder.path, { ...user("named", "toolkit"), "named/Chart.yaml": chartYaml("named", "application", { dependencies }) });
  await namespace.apply([of("alone", "named"), of("whole", "named", { dependencies: ["toolkit"] }), shelf("toolkit")]);
  await namespace.becomes("act/whole", DEPLOYED);
  await saysText(namespace, "whole", "one");
  await namespace.becomes("act/alone", { actual_state: "error", reason: "SourceError", waiting_for: expect.stringContaining("toolkit") });
}, 60_000);

describe("a dependency that stands in charts/ of the chart", () => {
  test("needs no ArmadaChart: an archive as helm package makes it, one of another name, a folder", async () => {
    const namespace = await site.namespace("packed");
    for (const [name, file] of [
      ["packed", "toolkit-0.1.0.tgz"],
      ["renamed", "archive.tgz"],
    ] as const) {
      await writeTree(folder.path, user(name, "toolkit"));
      await mkdir(join(folder.path, name, "charts"));
      await writeFile(join(folder.path, name, "charts", file), chartTgz(library("toolkit", name)));
    }
    // There is no folder of that name below the root: the chart's own is called otherwise.
    await writeTree(folder.path, { ...user("own", "inner"), ...below("own/charts", library("inner", "own")) });
    const dependencies = ["toolkit"];
    await rename(join(folder.path, "toolkit"), join(folder.path, "toolkit-aside"));
    try {
      await namespace.apply([of("packed", "packed", { dependencies }), of("renamed", "renamed", { dependencies })]);
      await namespace.apply([of("own", "own", { dependencies: ["inner"] })]);
      for (const name of ["packed", "renamed", "own"]) {
        await namespace.becomes(`act/${name}`, { ...DEPLOYED, release: { revision: 1 } });
        await saysText(namespace, name, name);
      }
    } finally {
      await rename(join(folder.path, "toolkit-aside"), join(folder.path, "toolkit"));
    }
  }, 60_000);

  test("gives way to an ArmadaChart of the name that comes, and stands again when that goes", async () => {
    const namespace = await site.namespace("later");
    await writeTree(folder.path, { ...user("later", "htk"), ...below("later/charts", library("htk", "vendored")), ...library("htk-next", "next") });
    await writeTree(folder.path, {
      "htk-next/Chart.yaml": chartYaml("htk", "library"),
      "htk-next/templates/_text.tpl": `{{ define "htk.text" }}next{{ end }}`,
    });
    await namespace.apply([of("later", "later", { dependencies: ["htk"] })]);
    await namespace.becomes("act/later", DEPLOYED);
    await saysText(namespace, "later", "vendored");
    await namespace.apply([shelf("htk", "htk-next")]);
    await namespace.becomes("act/later", { ...DEPLOYED, release: { revision: 2 }, source: { dependencies: [{ name: "htk" }] } });
    await saysText(namespace, "later", "next");
    await namespace.kubectl(["delete", "act", "htk"]);
    await namespace.becomes("act/later", { ...DEPLOYED, release: { revision: 3 } });
    await saysText(namespace, "later", "vendored");
  }, 60_000);
});

describe("a change of a dependency", () => {
  test("upgrades what depends on it, once and at once, and nothing else; no change upgrades nothing", async () => {
    const namespace = await site.namespace("moving");
    const dependencies = ["moving"];
    await namespace.apply([shelf("moving"), of("a", "mover", { dependencies }), of("b", "mover", { dependencies }), of("other", "vendored")]);
    for (const name of ["a", "b", "other"]) await namespace.becomes(`act/${name}`, DEPLOYED);
    const before = await site.helmRuns();
    await writeTree(folder.path, library("moving", "two"));
    await request(namespace, "moving", "1");
    for (const name of ["a", "b"]) {
      await namespace.becomes(`act/${name}`, { ...DEPLOYED, release: { revision: 2 } });
      await saysText(namespace, name, "two");
    }
    await request(namespace, "moving", "2");
    await namespace.becomes("act/moving", { reconcile_requested_at: "2" });
    for (const name of ["a", "b"]) await request(namespace, name, "2");
    for (const name of ["a", "b"]) await namespace.becomes(`act/${name}`, { ...DEPLOYED, reconcile_requested_at: "2", release: { revision: 2 } });
    await namespace.becomes("act/other", { ...DEPLOYED, release: { revision: 1 } });
    expect((await site.helmRuns()) - before).toBe(2);
  }, 60_000);

  test("is noticed through another one, and at the interval of the dependency", async () => {
    const namespace = await site.namespace("deep");
    await writeTree(folder.path, { ...library("deep", "one"), ...library("between", `{{ include "deep.text" . }}`), ...user("above", "between") });
    const source = { type: "local", location: "/opt/armada/helm-charts/deep", interval: 2 };
    await namespace.apply([
      of("above", "above", { dependencies: ["between"] }),
      shelf("between", "between", { dependencies: ["deep"] }),
      shelf("deep", "deep", { source }),
    ]);
    await namespace.becomes("act/above", DEPLOYED);
    await writeTree(folder.path, library("deep", "two"));
    await namespace.becomes("act/above", { ...DEPLOYED, release: { revision: 2 } });
    await saysText(namespace, "above", "two");
  }, 60_000);
});

describe("a dependency that cannot be placed", () => {
  test("is waited for while it is missing, and the chart goes on when it comes", async () => {
    const namespace = await site.namespace("missing");
    await namespace.apply([of("web", "web", { dependencies: ["late"] })]);
    const says = expect.stringMatching(/there is no ArmadaChart late in namespace "missing", no folder of that name below .*create one of them/);
    await namespace.becomes("act/web", { actual_state: "pending", reason: "WaitingForDependency", satisfied: false, waiting_for: says });
    await namespace.apply([shelf("late", "toolkit")]);
    await namespace.becomes("act/web", DEPLOYED);
    expect(await namespace.kubectl(["get", "events", "-o", "jsonpath={.items[*].type}"])).not.toContain("Warning");
    await namespace.kubectl(["delete", "act", "late"]);
    const stale = expect.arrayContaining([
      expect.objectContaining({ type: "SourceStale", status: "True", message: expect.stringContaining("late") }),
    ]);
    await namespace.becomes("act/web", { ...DEPLOYED, conditions: stale, release: { revision: 1 } });
  }, 60_000);

  test("is an error that names the circle, until somebody breaks it", async () => {
    const namespace = await site.namespace("circle");
    await namespace.apply([of("web", "web", { dependencies: ["toolkit"] }), shelf("toolkit", "toolkit", { dependencies: ["web"] })]);
    const waiting_for = expect.stringContaining("web → toolkit → web");
    await namespace.becomes("act/web", { actual_state: "error", reason: "SourceError", waiting_for });
    await namespace.patch("act/toolkit", { spec: { dependencies: [] } });
    await namespace.becomes("act/web", DEPLOYED);
  }, 60_000);

  test("is an error with its own sentence when it cannot be read", async () => {
    const namespace = await site.namespace("broken");
    await namespace.apply([of("web", "web", { dependencies: ["toolkit"] }), shelf("toolkit", "nowhere")]);
    const waiting_for = expect.stringMatching(/dependency "toolkit": source.location ".*nowhere" does not exist/);
    await namespace.becomes("act/web", { actual_state: "error", reason: "SourceError", waiting_for });
    await namespace.patch("act/toolkit", { spec: { source: { location: "/opt/armada/helm-charts/toolkit" } } });
    await namespace.becomes("act/web", DEPLOYED);
  }, 60_000);
});

test("a dependency in another namespace needs --cross-namespace=allow, and must be the only one of its name", async () => {
  const [here, there, elsewhere] = [await site.namespace("here"), await site.namespace("there"), await site.namespace("elsewhere")];
  await there.apply([shelf("shared", "toolkit")]);
  await here.apply([of("web", "web", { dependencies: ["shared"] })]);
  const says = expect.stringContaining("(there/shared is in another namespace: that needs --cross-namespace=allow)");
  await here.becomes("act/web", { actual_state: "pending", reason: "WaitingForDependency", waiting_for: says });
  await site.restart("SIGTERM", ["--cross-namespace=allow"]);
  await here.becomes("act/web", DEPLOYED);
  await elsewhere.apply([shelf("shared", "toolkit")]);
  const several = expect.objectContaining({
    type: "SourceStale",
    message: expect.stringContaining("several elsewhere: elsewhere/shared, there/shared"),
  });
  await here.becomes("act/web", { ...DEPLOYED, conditions: expect.arrayContaining([several]), release: { revision: 1 } });
  await here.apply([shelf("shared", "toolkit")]);
  await here.becomes("act/web", DEPLOYED);
  const types = async (): Promise<string> => here.kubectl(["get", "act", "web", "-o", "jsonpath={.status.conditions[*].type}"]);
  await eventually("the own one counts", async () => expect(await types()).not.toContain("SourceStale"));
  // Nothing else has changed for the new operator, although names below a root may mean charts elsewhere now.
  expect(await site.helmRuns()).toBe(1);
}, 90_000);
