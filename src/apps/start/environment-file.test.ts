import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { run } from "../../base/process/process.ts";
import { quote, writeEnvironment } from "./environment-file.ts";

let folder: string;
let places: { readonly repository: string; readonly directory: string; readonly cwd: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "armada-env-"));
  places = { repository: join(folder, "it's here"), directory: join(folder, "run"), cwd: join(folder, "it's here") };
  for (const path of [places.repository, places.directory]) await mkdir(path);
});
afterEach(() => rm(folder, { recursive: true }));

const variables = { kubeconfig: "/run/a b/$HOME/kubeconfig", kubectlFolder: "/tools" };

test("a shell that sources it, as the person is told, has the kubeconfig and finds kubectl first", async () => {
  const { source } = await writeEnvironment(variables, places);
  expect(source).toBe(". .armada/env");
  const options = { env: { PATH: "/usr/bin:/bin" }, cwd: places.cwd, graceMs: 1000, maxOutputBytes: 1000, parentDeathSignal: false };
  const script = `${source} && printf '%s\\n' "$KUBECONFIG" "$PATH"`;
  const { stdout } = await run("sh", ["-c", script], options, new AbortController().signal);
  expect(stdout).toBe("/run/a b/$HOME/kubeconfig\n/tools:/usr/bin:/bin\n");
  expect((await stat(join(places.repository, ".armada", "env"))).mode & 0o777).toBe(0o600);
});

test("from another folder it is told by its whole path, quoted", async () => {
  const { source } = await writeEnvironment(variables, { ...places, cwd: folder });
  expect(source).toBe(`. ${quote("it's here/.armada/env")}`);
  const elsewhere = await writeEnvironment(variables, { ...places, cwd: places.directory });
  expect(elsewhere.source).toBe(`. ${quote(join(places.repository, ".armada", "env"))}`);
});

test("where the repository cannot be written it lies in the folder of the run", async () => {
  await writeFile(join(places.repository, ".armada"), "");
  const { source } = await writeEnvironment(variables, places);
  expect(source).toBe(`. ${quote(join(places.directory, "env"))}`);
});

test("it goes with its run, unless a later run has written its own", async () => {
  const first = await writeEnvironment(variables, places);
  const second = await writeEnvironment({ ...variables, kubeconfig: "/run/second" }, places);
  await first.remove();
  expect(await readdir(join(places.repository, ".armada"))).toEqual(["env"]);
  await second.remove();
  expect(await readdir(join(places.repository, ".armada"))).toEqual([]);
});
