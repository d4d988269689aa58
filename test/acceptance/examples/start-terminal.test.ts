import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run } from "../../../src/base/process/process.ts";
import { eventually } from "../../testing/eventually.ts";
import { repository } from "../../testing/operator/operator.ts";
import { startPlace, type StartPlace, type TerminalProcess } from "../../testing/operator/start-process.ts";

const MINUTE = 60_000;
let place: StartPlace;
let terminal: TerminalProcess | undefined;

beforeEach(async () => {
  place = await startPlace();
});
afterEach(async () => {
  terminal?.hangUp();
  await eventually("nothing is left running", () => expect(place.running()).toEqual([]));
  await place.remove();
});

const chartOf = (name: string, values: object) => ({
  apiVersion: "armada.airshipit.org/v1alpha1",
  kind: "ArmadaChart",
  metadata: { name },
  spec: { release: name, source: { type: "local", location: "/opt/armada/helm-charts/testchart" }, values },
});

/** In another shell that has sourced what the terminal said. */
const apply = async (source: string, object: object): Promise<void> => {
  const options = {
    env: ownEnvironment(),
    cwd: repository,
    stdin: JSON.stringify(object),
    graceMs: 1000,
    maxOutputBytes: 10_000,
    parentDeathSignal: true,
  };
  const { exitCode, stderr } = await run("sh", ["-c", `${source} && kubectl apply -f -`], options, new AbortController().signal);
  expect([exitCode, stderr]).toEqual([0, ""]);
};

/** Resolves with the screen once it shows lines like these, in this order. */
const shows = (lines: readonly RegExp[]): Promise<readonly string[]> =>
  eventually(
    `the terminal shows ${lines.map(String).join(" ")}`,
    async () => {
      const screen = (await terminal?.screen()) ?? [];
      const text = screen.join("\n");
      if (!new RegExp(lines.map(({ source }) => source).join("[^]*\n"), "m").test(text)) throw new Error(text);
      return screen;
    },
    2 * MINUTE,
  );

test.each([
  { columns: 80, rows: 24 },
  { columns: 200, rows: 60 },
])(
  "npm start on a terminal of $columns columns and $rows rows shows what it does, then every object of the cluster, those made later too, until Ctrl-C",
  async (size) => {
    terminal = place.startOnTerminal([], size);
    await shows([/^\S starting Kubernetes on this machine \(\d+ s\)$/]);
    const screen = await shows([
      /^ {2}\. \.armada\/env$/,
      /^Ctrl-C stops everything\.$/,
      /^2 of 2 charts satisfied$/,
      /^└ acg blog-group +2\/2 {2}deployed$/,
    ]);
    const source = screen.find((line) => line.startsWith("  . "))?.trim() ?? "";
    await apply(source, chartOf("hello", { replicaCount: 1 }));
    await shows([/^3 of 3 charts satisfied$/, /^└ acg blog-group +2\/2 {2}deployed$/, /^act hello +deployed$/]);
    await apply(source, chartOf("wrong", { replicaCount: { nobody: "counts so" } }));
    const failed = await shows([/^3 of 4 charts satisfied, 1 failed$/, /^act wrong +failed[^]*next try/]);
    expect(failed.length).toBeLessThanOrEqual(size.rows);
    terminal.type("\u0003");
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
    expect((await terminal.screen()).filter((line) => line !== "").at(-1)).toBe("stopped");
  },
  5 * MINUTE,
);
