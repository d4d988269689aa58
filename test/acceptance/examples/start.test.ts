import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { isRunning } from "../../../src/local/control-plane/process-identity.ts";
import { findTools } from "../../../src/local/control-plane/tools.ts";
import { eventually } from "../../testing/eventually.ts";
import { repository } from "../../testing/operator/operator.ts";
import { startPlace, type StartPlace } from "../../testing/operator/start-process.ts";

const MINUTE = 60_000;
let place: StartPlace;

beforeEach(async () => {
  place = await startPlace();
});
afterEach(() => place.remove());

test.each([
  [["--bogus"], "error: unknown option '--bogus'"],
  [
    ["--example", "no-such"],
    'error: --example is "no-such": give one of argo, armada, estate, gittest, keystone/argo, keystone/git, keystone/local, keystone/sequenced, sequenced, sources/git, sources/oci, sources/repo, stepbystep, tartest',
  ],
  [["extra"], "error: too many arguments"],
])("npm start -- %j is refused with exit code 2 and boots nothing", async (args, sentence) => {
  const run = place.start(args);
  expect(await run.exited).toEqual({ code: 2, signal: null });
  expect(await run.output()).toContain(sentence);
});

test.each(["armada", "argo", "estate"])(
  "npm start -- --once --example %s exits 0 when everything is satisfied, and leaves nothing running",
  async (example) => {
    const run = place.start(["--once", "--example", example]);
    expect(await run.exited).toEqual({ code: 0, signal: null });
    expect(await run.output()).toContain(`examples/${example} applied: everything is satisfied`);
    expect(place.running()).toEqual([]);
  },
  2 * MINUTE,
);

test(
  "npm start stays until Ctrl-C, which ends everything within 10 s, and a --once beside it leaves its .armada/env alone",
  async () => {
    const run = place.start([], { npm: true });
    await run.says("Ctrl-C stops everything", MINUTE);
    const environment = (): Promise<string> => readFile(join(repository, ".armada", "env"), "utf8");
    const own = await environment();
    const beside = place.start(["--once", "--example", "sequenced"]);
    await beside.says("CustomResourceDefinitions");
    expect(await environment()).toBe(own);
    expect(await beside.exited).toEqual({ code: 0, signal: null });
    expect(await environment()).toBe(own);
    expect(place.running().map(({ name }) => name)).toEqual(
      expect.arrayContaining(["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "armada-operator"]),
    );
    run.interrupt();
    await eventually("nothing is left running", () => expect(place.running()).toEqual([]), 10_000);
    await run.exited;
  },
  2 * MINUTE,
);

test(
  "Ctrl-C while it boots ends everything too",
  async () => {
    const run = place.start([]);
    await eventually("something runs", () => expect(place.running()).not.toEqual([]));
    run.interrupt();
    expect(await run.exited).toEqual({ code: 0, signal: null });
    expect(await run.output()).toBe("stopped\n");
    expect(place.running()).toEqual([]);
  },
  MINUTE,
);

test(
  "what a killed start has left, the next one ends",
  async () => {
    const killed = place.start([]);
    await killed.says("CustomResourceDefinitions");
    const left = place.running();
    expect(left.length).toBeGreaterThan(4);
    killed.kill();
    await killed.exited;
    const next = place.start(["--once"]);
    expect(await next.exited).toEqual({ code: 0, signal: null });
    expect([...left.filter(isRunning), ...place.running()]).toEqual([]);
  },
  2 * MINUTE,
);

/** A helm that cannot render any chart. */
const brokenHelm = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "armada-tools-"));
  const { helm } = findTools(ownEnvironment());
  const refuse = 'echo "Error: INSTALLATION FAILED: execution error at (testchart/templates/deployment.yaml:1:3): out of order" >&2; exit 1';
  await writeFile(join(folder, "helm"), `#!/bin/sh\n[ "$1" = version ] && exec ${helm} "$@"\ncat >/dev/null\n${refuse}\n`);
  await chmod(join(folder, "helm"), 0o755);
  return folder;
};

test(
  "npm start -- --once exits 1 with the reason when an object cannot come up",
  async () => {
    const tools = await brokenHelm();
    const run = place.start(["--once"], { env: { ARMADA_TOOLS_DIR: tools } });
    expect(await run.exited).toEqual({ code: 1, signal: null });
    expect(await run.output()).toMatch(/^ArmadaChart blog-[12] is failed \(InstallError\): .*out of order/m);
    expect(await run.output()).toMatch(/^logs of the operator and of every component: \/.*\/logs\n$/m);
    expect(place.running()).toEqual([]);
    await rm(tools, { recursive: true });
  },
  2 * MINUTE,
);
