import { createServer, type Server } from "node:net";
import { readdir } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { startCluster } from "../../testing/operator/cluster.ts";
import { helmCli } from "../../testing/operator/helm-cli.ts";
import { stop } from "../../testing/servers/git-server.ts";
import { startPlace, type StartPlace } from "../../testing/operator/start-process.ts";

const MINUTE = 60_000;
/** Of steps/servers.yaml. No other file of tests uses it: files run side by side. */
const PORT = 18_480;
let place: StartPlace;

beforeEach(async () => {
  place = await startPlace();
});
afterEach(() => place.remove());

/** Listens on the port, as somebody else would. */
const occupy = (): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(PORT, "127.0.0.1", () => resolve(server));
  });

/** Nobody listens on the port, nothing runs, and nothing that was served is left on disk. */
const nothingIsLeft = async (): Promise<void> => {
  await stop(await occupy());
  expect(place.running()).toEqual([]);
  expect(place.runFiles().filter((name) => name.includes("served"))).toEqual([]);
};

test.each([
  ["examples/gittest", "/git/helm-charts.git"],
  ["examples/tartest", "/archives/testchart-0.1.0.tgz"],
  ["examples/keystone/git", "/git/helm-charts.git"],
  ["examples/sources/git", "/git/helm-charts.git"],
  ["examples/sources/repo", "/stable testchart 0.1.1"],
  ["examples/sources/oci", "/charts/testchart:0.1.0 sha256:"],
])(
  "npm start -- --once with %s serves the charts, exits 0 when everything is satisfied, and leaves nothing",
  async (folder, path) => {
    const run = place.start(["--once", "--example", folder.slice("examples/".length)]);
    expect(await run.exited).toEqual({ code: 0, signal: null });
    const output = await run.output();
    expect(output).toMatch(new RegExp(`serving (http|oci)://127.0.0.1:${String(PORT)}${path}`));
    expect(output).toContain(`${folder} applied: everything is satisfied`);
    await nothingIsLeft();
  },
  2 * MINUTE,
);

test(
  "npm start with an example that serves charts does so until Ctrl-C, and again afterwards: the same bytes",
  async () => {
    const archive = async (): Promise<readonly unknown[]> => {
      const run = place.start(["--example", "tartest"]);
      await run.says("Ctrl-C stops everything", MINUTE);
      const answer = await fetch(`http://127.0.0.1:${String(PORT)}/archives/memcached-0.1.0.tgz`);
      const bytes = Buffer.from(await answer.arrayBuffer());
      run.interrupt();
      expect(await run.exited).toEqual({ code: 0, signal: null });
      await nothingIsLeft();
      return [answer.status, bytes.toString("base64")];
    };
    const first = await archive();
    expect(first[0]).toBe(200);
    expect(await archive()).toEqual(first);
  },
  3 * MINUTE,
);

test(
  "npm start -- --example sources/oci serves helm what a registry would: who logs in gets the chart, nobody else does",
  async () => {
    const folder = await temporaryFolder();
    const cli = helmCli(folder.path);
    const pull = (password: string): Promise<string> => {
      const login = ["--username", "robot", "--password", password];
      return cli.helm("pull", `oci://127.0.0.1:${String(PORT)}/charts/testchart`, "--plain-http", ...login, "--destination", folder.path);
    };
    const run = place.start(["--example", "sources/oci"]);
    await run.says("Ctrl-C stops everything", MINUTE);
    await pull("change-me");
    expect(await readdir(folder.path)).toContain("testchart-0.1.0.tgz");
    await expect(pull("wrong")).rejects.toThrow("401");
    run.interrupt();
    expect(await run.exited).toEqual({ code: 0, signal: null });
    await nothingIsLeft();
    await folder.remove();
  },
  2 * MINUTE,
);

test(
  "npm start -- --kubeconfig FILE serves the charts to the operator that it runs beside that cluster",
  async () => {
    const cluster = await startCluster();
    try {
      const run = place.start(["--once", "--yes", "--example", "tartest", "--kubeconfig", cluster.kubeconfig]);
      expect(await run.exited).toEqual({ code: 0, signal: null });
      expect(await run.output()).toContain("examples/tartest applied: everything is satisfied");
      await nothingIsLeft();
    } finally {
      await cluster.stop();
    }
  },
  2 * MINUTE,
);

test("npm start with an example whose port is taken ends with exit code 1 and one sentence, and boots nothing", async () => {
  const other = await occupy();
  const run = place.start(["--once", "--example", "gittest"]);
  expect(await run.exited).toEqual({ code: 1, signal: null });
  expect(await run.output()).toBe(
    "Cannot serve charts on 127.0.0.1:18480: the port is in use by another program, maybe another npm start; stop it and run this again\n",
  );
  await stop(other);
});

test("npm start with an example that needs git, where there is none, ends with exit code 1 and one sentence", async () => {
  const run = place.start(["--once", "--example", "gittest"], { env: { PATH: "/nowhere" } });
  expect(await run.exited).toEqual({ code: 1, signal: null });
  expect(await run.output()).toBe("Cannot find git, which this example needs: apt-get install --yes --no-install-recommends git\n");
});
