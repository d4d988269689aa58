import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { helmCli, type HelmCli } from "../../testing/operator/helm-cli.ts";
import { repository } from "../../testing/operator/operator.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cli: HelmCli;
const all = (await readdir(join(repository, "helm-charts"))).map((name) => [name]);
const chart = (name: string): string => join(folder.path, "helm-charts", name);

beforeAll(async () => {
  folder = await temporaryFolder();
  cli = helmCli(folder.path);
  await cp(join(repository, "helm-charts"), join(folder.path, "helm-charts"), { recursive: true });
});
afterAll(() => folder.remove());

test.each(all)("helm finds nothing to complain about in helm-charts/%s, once its library is in it", async (name) => {
  await cli.helm("dependency", "build", chart(name));
  expect(await cli.helm("lint", "--strict", chart(name))).toContain("0 chart(s) failed");
});

test.each([
  ["mariadb", "auth.rootPassword=", "/auth/rootPassword"],
  ["mariadb", "volume.sise=1Gi", "/volume"],
  ["memcached", "memory=lots", "/memory"],
  ["rabbitmq", "auth.user=a b", "/auth/user"],
  ["keystone", "endpoints.database.port=0", "/endpoints/database/port"],
])("helm-charts/%s refuses %s", async (name, value, place) => {
  await cli.helm("dependency", "build", chart(name));
  await expect(cli.helm("template", "r", chart(name), "--set", value)).rejects.toThrow(`at '${place}'`);
});
