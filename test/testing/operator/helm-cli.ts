import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { run } from "../../../src/base/process/process.ts";
import { findTool, readPins } from "../../../src/local/control-plane/places.mjs";

/** The real helm with a home of its own. */
export interface HelmCli {
  /** Path of the binary. */
  readonly path: string;
  /** What it prints. Rejects with what it says when it fails. */
  helm(...args: readonly string[]): Promise<string>;
  /** Packages a chart of one ConfigMap and returns the path of the archive. */
  pack(name: string, version: string, ...args: readonly string[]): Promise<string>;
}

export const helmCli = (folder: string): HelmCli => {
  const path = findTool(ownEnvironment(), readPins(), "helm")?.path;
  if (path === undefined) throw new Error('Cannot find helm: run "node scripts/setup.mjs"');
  const env = { PATH: "/usr/bin:/bin", HOME: join(folder, "helm-home") };
  const helm: HelmCli["helm"] = async (...args) => {
    const options = { env, graceMs: 1000, maxOutputBytes: 2 ** 20, parentDeathSignal: true, timeoutMs: 60_000 };
    const result = await run(path, args, options, new AbortController().signal);
    if (result.exitCode === 0) return result.stdout;
    throw new Error(result.failedToStart ?? result.stderr);
  };
  const pack: HelmCli["pack"] = async (name, version, ...args) => {
    const chart = join(folder, "packed", `${name}-${version}`, name);
    await mkdir(join(chart, "templates"), { recursive: true });
    await writeFile(join(chart, "Chart.yaml"), JSON.stringify({ apiVersion: "v2", name, version }));
    await writeFile(join(chart, "templates/a.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    await helm("package", chart, "--destination", join(folder, "archives"), ...args);
    return join(folder, "archives", `${name}-${version}.tgz`);
  };
  return { path, helm, pack };
};
