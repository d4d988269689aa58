import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONFIG_MAP, hookJob } from "../../testing/charts/chart-folder.ts";
import { createChartSite, DEPLOYED, type ChartSite } from "../../testing/charts/chart-site.ts";
import type { Space } from "../../testing/charts/chart-space.ts";
import { eventually } from "../../testing/eventually.ts";

jest.setTimeout(60_000);

let site: ChartSite;
let space: Space;
let folder = "";

const CANARY = "canary-7f3a9-sings";
const SECRET = `
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}}
stringData: {password: {{ .Values.password }}}
`;
const LOUD = '{{ fail (printf "the password %s is too short" .Values.password) }}';
const INVALID = `
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {type: {{ .Values.password }}, ports: [{port: 80}]}
`;
const MISSPELT = `
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
dta: {password: {{ .Values.password }}}
`;

const seen = (): string => readFileSync(join(folder, "seen"), "latin1");
const stateDir = (): string => join(folder, "state");
const filesOfState = (): readonly string[] =>
  readdirSync(stateDir(), { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));

beforeAll(async () => {
  site = await createChartSite(async (charts) => {
    await charts.write("secret", { "secret.yaml": SECRET, "hook.yaml": hookJob("post-install,post-upgrade") });
    await charts.write("loud", { "map.yaml": CONFIG_MAP, "loud.yaml": LOUD });
    await charts.write("invalid", { "map.yaml": CONFIG_MAP, "service.yaml": INVALID });
    await charts.write("misspelt", { "map.yaml": MISSPELT });
  });
  folder = mkdtempSync(join(tmpdir(), "armada-canary-"));
  const wrapper = join(folder, "helm");
  // Notes the command line and the environment of every process that it may see, itself among them, and becomes helm.
  writeFileSync(
    wrapper,
    `#!/bin/sh\n/bin/cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ >> ${folder}/seen 2>/dev/null\nexec ${site.cluster.tools.helm} "$@"\n`,
  );
  chmodSync(wrapper, 0o755);
  await site.start({ helm: wrapper, stateDir: stateDir(), flags: ["--log-level", "debug"] });
  space = await site.space();
}, 60_000);

afterAll(async () => {
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

describe("a secret in values", () => {
  test("reaches the chart", async () => {
    await space.apply("secret", { chart: "secret", values: { password: CANARY } });
    await space.status("secret", DEPLOYED);
    expect(await space.get("Secret", "secret")).toMatchObject({ data: { password: Buffer.from(CANARY).toString("base64") } });
  });

  test.each([
    ["loud", "failed", "the password .* is too short"],
    ["invalid", "failed", 'Service "invalid" is invalid'],
    ["misspelt", "deployed", "unknown field"],
  ])("is in no word that %s is %s with", async (chart, state, says) => {
    await space.apply(chart, { chart, values: { password: CANARY } });
    const status = await space.status(chart, { actual_state: state });
    expect(JSON.stringify(status.conditions)).toMatch(new RegExp(says.replaceAll('"', '\\\\"')));
    expect(JSON.stringify((await space.chart(chart))?.metadata) + JSON.stringify(status)).not.toContain(CANARY);
    await eventually("an event", async () => expect(await space.events(chart)).not.toEqual([]));
  });

  test("is in no file of the operator while helm waits, and every file is for the operator alone", async () => {
    await space.apply("waiting", { chart: "secret", values: { password: CANARY, node: { never: "yes" } } });
    await eventually("helm waits in its hook", async () => expect(await space.get("Job", "waiting-hook")).toBeDefined());
    const files = filesOfState();
    expect(files.map((file) => file.slice(stateDir().length)).join(" ")).toMatch(/\/children\/\d+\.json/);
    expect(files.filter((file) => readFileSync(file, "latin1").includes(CANARY))).toEqual([]);
    expect(files.filter((file) => (statSync(file).mode & 0o777) !== 0o600)).toEqual([]);
    await space.deleteChart("waiting");
    await space.gone("waiting");
  });

  test("is in no command line or environment, log line or event", async () => {
    expect(seen()).toContain("install\0secret\0");
    expect(seen()).not.toContain(CANARY);
    const log = await site.operator().log();
    expect(log).toContain("performing");
    expect(log).not.toContain(CANARY);
    const events = JSON.stringify(await space.list("Event"));
    expect(events).toContain("InstallError");
    expect(events).not.toContain(CANARY);
  });
});
