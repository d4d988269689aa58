import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { createAuthor, type Author } from "../../testing/charts/author.ts";
import { CONFIG_MAP } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";
import { repository } from "../../testing/operator/operator.ts";

jest.setTimeout(120_000);

let site: ChartSite;
/** The author's. */
let home: Space;
/** Somebody else's. */
let there: Space;
let author: Author;

beforeAll(async () => {
  site = await createChartSite((charts) => charts.write("map", { "map.yaml": CONFIG_MAP }));
  await site.start({ flags: ["--default-service-account=deployer", "--cross-namespace=allow"] });
  [home, there] = [await site.space(), await site.space()];
  author = await createAuthor(site.cluster, home.namespace);
  await inThere("apply", "-f", join(repository, "deploy/optional/service-accounts.yaml"));
  await inThere("create", "serviceaccount", "deployer");
  await inThere("create", "role", "deployer", "--verb=get,list,watch,create,update,patch,delete", "--resource=configmaps,secrets");
  await inThere("create", "rolebinding", "deployer", "--role=deployer", `--serviceaccount=${there.namespace}:deployer`);
}, 90_000);

afterAll(() => site?.stop(), 30_000);

const inThere = (...args: readonly string[]): Promise<string> => site.cluster.kubectl(["-n", there.namespace, ...args]);
const made = (): Promise<string> => inThere("get", "configmaps,secrets", "-o", "jsonpath={range .items[*]}{.metadata.name} {.metadata.labels}{end}");
const admit = (namespaces: string): Promise<string> =>
  inThere("annotate", "--overwrite", "serviceaccount", "deployer", `armada.airshipit.org/chart-namespaces=${namespaces}`);

test("a chart has the rights of an account of another namespace as long as that one admits it, and no longer", async () => {
  const { namespace } = there;
  await there.helm("install", "old", `${site.charts.path}/map`);
  const before = await made();
  const closed = `ServiceAccount "deployer" in namespace "${namespace}" does not admit ArmadaCharts of namespace "${home.namespace}"`;
  await author.create("map", "map", { namespace });
  await author.create("old", "map", { namespace, adoption: "overwrite" });
  for (const name of ["map", "old"]) {
    const { waiting_for: sentence } = await home.status(name, { actual_state: "error", reason: "InvalidSpec" });
    expect(sentence).toContain(`${closed}: annotate it with armada.airshipit.org/chart-namespaces=${home.namespace}`);
  }
  await home.deleteChart("old");
  await home.gone("old");
  expect(await made()).toBe(before);

  await admit(`another,${home.namespace}`);
  await home.status("map", DEPLOYED, 30_000);

  await admit("another");
  await home.status("map", { actual_state: "error", reason: "InvalidSpec" });
  await home.deleteChart("map");
  await eventually("it is not removed", async () => expect((await home.chart("map"))?.status?.waiting_for).toContain(`for its account: ${closed}`));
  expect(await inThere("get", "configmap", "map", "-o", "name")).toContain("map");

  await admit(home.namespace);
  await home.gone("map", 60_000);
  expect(await made()).toBe(before);
});
