import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { createChartSite, type ChartSite } from "../../testing/charts/chart-site.ts";

jest.setTimeout(60_000);

const repository = join(import.meta.dirname, "../../..");

let site: ChartSite;
let port = 0;

beforeAll(async () => {
  site = await createChartSite(async () => undefined);
  const operator = await site.start({ flags: ["--metrics-bind-address", "0.0.0.0:0"] });
  port = await operator.metricsPort();
  await site.cluster.kubectl(["apply", "--server-side", "-f", join(repository, "deploy/optional/users.yaml")]);
  await site.cluster.kubectl(["-n", "default", "create", "serviceaccount", "stranger"]);
  await site.cluster.kubectl(["-n", "default", "create", "serviceaccount", "prometheus"]);
  const subject = ["--clusterrole=armada-operator-metrics-reader", "--serviceaccount=default:prometheus"];
  await site.cluster.kubectl(["create", "clusterrolebinding", "prometheus", ...subject]);
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const get = (token?: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const asking = request({ host: "127.0.0.1", port, path: "/metrics", headers, rejectUnauthorized: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve(`${String(response.statusCode)} ${body}`));
    });
    asking.on("error", reject).end();
  });

const tokenOf = async (account: string): Promise<string> => (await site.cluster.kubectl(["-n", "default", "create", "token", account])).trim();

test("/metrics beyond loopback is HTTPS, for accounts that may get it, with the rights of deploy/", async () => {
  await expect(fetch(`http://127.0.0.1:${String(port)}/metrics`)).rejects.toThrow();
  expect(await get()).toMatch(/^401 /);
  expect(await get("nobody's")).toMatch(/^401 /);
  expect(await get(await tokenOf("stranger"))).toBe("403 system:serviceaccount:default:stranger may not get /metrics\n");
  expect(await get(await tokenOf("prometheus"))).toMatch(/^200 [^]*armada_helm_runs_total/);
});
