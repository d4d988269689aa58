import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { messageOf } from "../../../base/errors.ts";
import { parseArguments, wrong, type Refusal } from "../../arguments.ts";
import { readEnvFile } from "./env-file.ts";
import { ENV_FILE, SETTINGS, type OperatorConfig, type Setting } from "./settings.ts";

export interface Configured {
  readonly config: OperatorConfig;
  /** Variables of the env file, all of them. They count where the real environment has none of that name. */
  readonly fileEnvironment: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What counts for a flag. */
interface Chosen {
  readonly text: string;
  /** `flag`, `environment variable X`, `env file X` or `default`. */
  readonly origin: string;
  /** Of a sentence about a wrong value. */
  readonly subject: string;
}

/** Flags, then environment, then env file, then defaults. Texts for `--help` and `--print-config`, and for what is wrong with exit code 2. */
export const parseConfig = (
  args: readonly string[],
  env: Environment,
  read: (path: string) => string = (path) => readFileSync(path, "utf8"),
): Configured | Refusal => {
  const command = new Command("armada-operator").description("Brings estates of Helm releases up in order and keeps them there.");
  const settings: readonly Setting<unknown>[] = [...Object.values(SETTINGS), ENV_FILE];
  for (const setting of settings) command.addOption(optionOf(setting));
  command.option("--print-config", "print the effective settings, one per line with its origin, and exit");
  return parseArguments(command, args, (values) => {
    const given = (name: string): string => {
      const value = command.getOptionValueSource(name) === "cli" ? values[name] : "";
      return typeof value === "string" ? value : "";
    };
    const envFile = choose(ENV_FILE, given, env, { name: "", variables: {} });
    const fileEnvironment = envFile.text === "" ? {} : variablesOf(envFile.text, read);
    const file = { name: envFile.text, variables: without(env, fileEnvironment) };
    const chosen = (setting: Setting<unknown>): Chosen => (setting === ENV_FILE ? envFile : choose(setting, given, env, file));
    const config = configOf(chosen);
    if (values["printConfig"] !== true) return { config, fileEnvironment };
    return { exitCode: 0, text: printed(settings, (setting) => shown(setting, chosen(setting), env, file)) };
  });
};

/** For `--help` and the parsing of flags. Values are read here, whoever gives them. */
const optionOf = ({ flags, description, env, choices, fallback, otherwise }: Setting<unknown>): Option => {
  const option = new Option(flags, `${description} [env ${env.join(", ")}]`);
  if (choices !== undefined) option.choices(choices).argParser((text: string) => text);
  return fallback === undefined ? option : option.default(fallback, otherwise);
};

interface EnvFile {
  readonly name: string;
  /** Without those that the real environment has. */
  readonly variables: Readonly<Record<string, string>>;
}

const variablesOf = (file: string, read: (path: string) => string): Readonly<Record<string, string>> => {
  try {
    return readEnvFile(file, read);
  } catch (error) {
    throw wrong(messageOf(error));
  }
};

const without = (env: Environment, variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => env[name] === undefined));

/** An empty flag and an empty variable say nothing. */
const choose = (setting: Setting<unknown>, given: (name: string) => string, env: Environment, file: EnvFile): Chosen => {
  const flag = optionOf(setting);
  const text = given(flag.attributeName());
  if (text !== "") return { text, origin: "flag", subject: flag.long ?? flag.flags };
  return fromVariables(setting.env, env, file) ?? { text: setting.fallback ?? "", origin: "default", subject: `the default of ${flag.long ?? ""}` };
};

const fromVariables = (names: readonly string[], env: Environment, file: EnvFile): Chosen | undefined => {
  const own = names.find((name) => (env[name] ?? "") !== "");
  if (own !== undefined) return { text: env[own] ?? "", origin: `environment variable ${own}`, subject: `environment variable ${own}` };
  const other = names.find((name) => (file.variables[name] ?? "") !== "");
  if (other === undefined) return undefined;
  return { text: file.variables[other] ?? "", origin: `env file ${file.name}`, subject: `${other} in env file ${file.name}` };
};

const configOf = (chosen: (setting: Setting<unknown>) => Chosen): OperatorConfig => {
  const value = (setting: Setting<unknown>): unknown => {
    const { text, subject } = chosen(setting);
    try {
      return setting.parse(text);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw wrong(`${subject} is "${text}": ${error.message}`);
    }
  };
  const values = Object.fromEntries(Object.entries<Setting<unknown>>(SETTINGS).map(([name, setting]) => [name, value(setting)]));
  return values as OperatorConfig; // oxlint-disable-line typescript/no-unsafe-type-assertion -- each value is of the parser of its name
};

/** Where others read a variable that no flag was given for, that one is what counts. */
const shown = ({ deferredTo, otherwise }: Setting<unknown>, chosen: Chosen, env: Environment, file: EnvFile): Chosen => {
  if (chosen.text !== "") return chosen;
  const deferred = deferredTo === undefined ? undefined : fromVariables([deferredTo], env, file);
  return deferred ?? { ...chosen, text: otherwise ?? "" };
};

const printed = (settings: readonly Setting<unknown>[], of: (setting: Setting<unknown>) => Chosen): string => {
  const rows = settings.map((setting) => ({ name: optionOf(setting).long ?? "", ...of(setting) }));
  const lines = rows.map(({ name, text, origin }) => ({ name, text: /[\r\n]/.test(text) ? JSON.stringify(text) : text, origin }));
  const width = (field: "name" | "text"): number => Math.max(...lines.map((line) => line[field].length));
  return lines.map(({ name, text, origin }) => `${name.padEnd(width("name"))}  ${text.padEnd(width("text"))}  ${origin}\n`).join("");
};
