import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { chartTgz } from "../../../src/sources/testing/archive.ts";
import { serve, type TestServer } from "../../../src/sources/testing/server.ts";
import { CONFIG_MAP } from "../../testing/charts/chart-folder.ts";
import { eventually } from "../../testing/eventually.ts";
import { chartYaml } from "../../testing/servers/git-site.ts";
import { chart } from "../../testing/estate/objects.ts";
import { REQUESTED_AT } from "../../../src/armada/names.ts";
import { has, textAt } from "../../testing/operator/recorder.ts";
import { Site } from "../../testing/estate/site.ts";

const DEPLOYED = { actual_state: "deployed", satisfied: true };
const archive = chartTgz({ "blog/Chart.yaml": chartYaml("blog"), "blog/values.yaml": "text: one\n", "blog/templates/map.yaml": CONFIG_MAP });

let site: Site;
let server: TestServer;
/** Requests that are not answered. */
let kept: ServerResponse[] = [];
let isSlow = true;

beforeAll(async () => {
  server = await serve((_, response) => {
    if (isSlow) kept.push(response);
    else response.end(archive);
  });
  site = await Site.start({ flags: ["--allow-local-addresses=true"] });
}, 60_000);

afterAll(async () => {
  for (const response of kept) response.destroy();
  await site?.stop();
  await server?.close();
}, 30_000);

const answer = (): void => {
  for (const response of kept) response.end(archive);
  kept = [];
  isSlow = false;
};

test("a deployed release does not become pending while its source is read again, whether its spec asks for something else or not", async () => {
  const namespace = await site.namespace("deployed");
  answer();
  await namespace.apply([chart("calm", { source: { type: "tar", location: `${server.url}/calm.tgz` } })]);
  await namespace.becomes("act/calm", { ...DEPLOYED, release: { revision: 1 } });
  const start = await namespace.when("ArmadaChart calm", has("status.actual_state", "deployed"));
  isSlow = true;
  await namespace.patch("act/calm", { spec: { wait: { timeout: 60 } }, metadata: { annotations: { [REQUESTED_AT]: "now" } } });
  await namespace.becomes("act/calm", { ...DEPLOYED, observedGeneration: 2 });
  await namespace.patch("act/calm", { spec: { values: { text: "two" } } });
  const waiting_for = expect.stringMatching(
    /^its chart is being read; release calm revision 1 stays deployed until then \(since .*\); next: helm upgrade/,
  );
  await namespace.becomes("act/calm", { actual_state: "running", reason: "WaitingForSource", satisfied: false, waiting_for });
  answer();
  await namespace.becomes("act/calm", { ...DEPLOYED, release: { revision: 2 } });
  const moments = namespace.history().filter(({ what, revision }) => what === "ArmadaChart calm" && revision >= start);
  expect([...new Set(moments.map(({ object }) => textAt(object, "status.actual_state")))]).toEqual(["deployed", "running"]);
  isSlow = true;
}, 90_000);

test("a server that does not answer is said to be waited for, and holds up neither what runs nor more charts than there are workers", async () => {
  const namespace = await site.namespace("slow");
  const source = { type: "tar", location: `${server.url}/blog.tgz`, interval: 1 };
  const others = Array.from({ length: 300 }, (_, index) =>
    chart(`other-${index}`, { source: { ...source, location: `${server.url}/${index}.tgz` } }),
  );
  await namespace.apply([chart("blog", { source })]);
  await namespace.becomes("act/blog", { actual_state: "pending", reason: "WaitingForSource", waiting_for: expect.stringContaining("is being read") });
  answer();
  await namespace.becomes("act/blog", { ...DEPLOYED, release: { revision: 1 } });

  isSlow = true;
  await namespace.apply(others);
  await eventually("every chart waits for an answer, and blog, whose interval has passed, for another one", () => {
    expect(new Set(kept.map(({ req }) => req.url)).size).toBe(301);
    return Promise.resolve();
  });
  await namespace.kubectl(["delete", "configmap", "blog"]);
  await eventually("the deleted object is put back", async () => expect(await namespace.names("configmap")).toContain("configmap/blog"));
  await namespace.becomes("act/blog", DEPLOYED);
  await namespace.kubectl(["delete", "act", "blog", "other-0", "other-299", "--timeout=20s"]);
}, 150_000);
