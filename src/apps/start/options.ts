import { readdirSync } from "node:fs";
import { Command } from "commander";
import { parseArguments, wrong, type Refusal } from "../arguments.ts";
import { didYouMean } from "../did-you-mean.ts";

export interface StartOptions {
  /** Folder of `examples/`, e.g. `armada` or `keystone/local`. */
  readonly example: string;
  /** End when everything is satisfied. */
  readonly once: boolean;
}

/** `examples` is the folder that holds them. */
export const parseStartOptions = (args: readonly string[], examples: string): { readonly options: StartOptions } | Refusal => {
  const command = new Command("npm start --")
    .description("Boots Kubernetes on this machine, starts the operator, and brings an example up.")
    .option("--example <name>", "folder of examples/", "armada")
    .option("--once", "exit 0 when everything is satisfied, 1 with the reason otherwise", false);
  return parseArguments(command, args, () => {
    const { example, once } = command.opts<StartOptions>();
    const known = foldersOf(examples);
    if (!known.includes(example)) throw wrong(`--example is "${example}": give one of ${known.join(", ")}${didYouMean(example, known)}`);
    return { options: { example, once } };
  });
};

/** Folders that hold objects, relative to `examples`. */
const foldersOf = (examples: string): readonly string[] => {
  const files = readdirSync(examples, { recursive: true, encoding: "utf8" });
  const folders = files.filter((file) => file.endsWith("README.md") && file.includes("/")).map((file) => file.slice(0, file.lastIndexOf("/")));
  return folders.sort();
};
