import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { parseArguments, wrong, type Refusal } from "../arguments.ts";
import { didYouMean } from "../did-you-mean.ts";

export interface StartOptions {
  /** Folder of `examples/`, e.g. `armada` or `keystone/local`. */
  readonly example: string;
  /** End when everything is satisfied. */
  readonly once: boolean;
  /** Absolute path: a cluster that exists; undefined: one of this run's own. */
  readonly kubeconfig: string | undefined;
  /** Agreed to before the question. */
  readonly yes: boolean;
}

/** `examples` is the folder that holds them; paths are relative to `cwd`. */
export const parseStartOptions = (
  args: readonly string[],
  { examples, cwd }: { readonly examples: string; readonly cwd: string },
): { readonly options: StartOptions } | Refusal => {
  const command = new Command("npm start --")
    .description("Boots Kubernetes on this machine, or uses a cluster that exists, starts the operator, and brings an example up.")
    .option("--example <name>", "folder of examples/", "armada")
    .option("--once", "exit 0 when everything is satisfied, 1 with the reason otherwise", false)
    .option("--kubeconfig <file>", "use the cluster of this file's current context; asks before anything is written")
    .option("--yes", "do not ask", false);
  return parseArguments(command, args, () => {
    const { kubeconfig, ...given } = command.opts<Omit<StartOptions, "kubeconfig"> & { readonly kubeconfig?: string }>();
    const known = foldersOf(examples);
    if (!known.includes(given.example))
      throw wrong(`--example is "${given.example}": give one of ${known.join(", ")}${didYouMean(given.example, known)}`);
    return { options: { ...given, kubeconfig: kubeconfig === undefined ? undefined : resolve(cwd, kubeconfig) } };
  });
};

/** Folders that hold objects, relative to `examples`. */
const foldersOf = (examples: string): readonly string[] => {
  const files = readdirSync(examples, { recursive: true, encoding: "utf8" });
  const folders = files.filter((file) => file.endsWith("README.md") && file.includes("/")).map((file) => file.slice(0, file.lastIndexOf("/")));
  return folders.sort();
};
