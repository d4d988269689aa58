import { CommanderError, InvalidArgumentError, type Command } from "commander";
import { didYouMean } from "./did-you-mean.ts";
import { VERSION } from "./version.ts";

/** What to print instead of going on: `--help` and `--version` with exit code 0, or what is wrong, in one line, with 2. */
export interface Refusal {
  readonly exitCode: number;
  readonly text: string;
}

/** To be thrown while arguments are read. */
export const wrong = (message: string): CommanderError => new CommanderError(2, "armada.wrong", `error: ${message}`);

/** Parses flags; `read` makes of their values, by commander's names, what is wanted. */
export const parseArguments = <T extends object>(
  command: Command,
  args: readonly string[],
  read: (values: Readonly<Record<string, unknown>>) => T,
): T | Refusal => {
  let text = "";
  const write = (part: string): void => void (text += part);
  command
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write, outputError: (message) => write(withRemedy(message)) });
  try {
    command.parse([...args], { from: "user" });
    return read(command.opts());
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2, text: text === "" ? `${error.message}\n` : text };
    throw error;
  }
};

/** commander puts what may have been meant on a line of its own; when it knows nothing, the help does. */
const withRemedy = (message: string): string => {
  if (message.includes("\n(")) return message.replace("\n(", " (");
  return message.replace(/^(error: (?:unknown option|unknown command|too many arguments)[^\n]*?)\.?\n/, "$1; --help lists what there is\n");
};

/** Takes one of `choices`. Throws with all of them, and the one that may have been meant. */
export const choice =
  <Choice extends string>(choices: readonly Choice[]) =>
  (text: string): Choice => {
    const found = choices.find((one) => one === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`it must be one of ${choices.join(", ")}${didYouMean(text, choices)}.`);
  };
