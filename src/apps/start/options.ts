import { readdirSync } from "node:fs";
import { Command, CommanderError } from "commander";

export interface StartOptions {
  /** Folder of `examples/`, e.g. `armada` or `keystone/local`. */
  readonly example: string;
  /** End when everything is satisfied. */
  readonly once: boolean;
}

export type StartOptionsResult = { readonly options: StartOptions } | { readonly exitCode: number; readonly text: string };

/** `examples` is the folder that holds them. */
export const parseStartOptions = (args: readonly string[], examples: string): StartOptionsResult => {
  let text = "";
  const write = (part: string): void => void (text += part);
  const command = new Command("npm start --")
    .description("Boots Kubernetes on this machine, starts the operator, and brings an example up.")
    .helpOption("-h, --help", "show this text")
    .allowExcessArguments(false)
    .option("--example <name>", "folder of examples/", "armada")
    .option("--once", "exit 0 when everything is satisfied, 1 with the reason otherwise", false)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write });
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2, text };
    throw error;
  }
  const { example, once } = command.opts<StartOptions>();
  const known = foldersOf(examples);
  if (!known.includes(example)) return { exitCode: 2, text: `error: --example is "${example}": give one of ${known.join(", ")}\n` };
  return { options: { example, once } };
};

/** Folders that hold objects, relative to `examples`. */
const foldersOf = (examples: string): readonly string[] => {
  const files = readdirSync(examples, { recursive: true, encoding: "utf8" });
  const folders = files.filter((file) => file.endsWith("README.md") && file.includes("/")).map((file) => file.slice(0, file.lastIndexOf("/")));
  return folders.sort();
};
