import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { LocalRoot } from "../../sources/local-path.ts";

export interface OperatorConfig {
  /** Path; undefined: the default kubeconfig, or the pod's own. */
  readonly kubeconfig: string | undefined;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  /** Whether members, and releases, may live in other namespaces than the objects that name them. */
  readonly crossNamespace: "deny" | "allow";
  /** helm processes at once. */
  readonly concurrency: number;
  readonly chartRoots: readonly LocalRoot[];
  /** Path or name of the helm binary. */
  readonly helm: string;
  readonly metricsAddress: string;
  readonly healthAddress: string;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly logFormat: "json" | "pretty";
  /** Of the Lease; undefined: that of the kubeconfig's context or of the pod. */
  readonly leaseNamespace: string | undefined;
  readonly stateDir: string;
}

export type ConfigResult = { readonly config: OperatorConfig } | { readonly exitCode: number; readonly text: string };

const namespaces = (text: string): readonly string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "*");

const positive = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("it must be a whole number from 1 on.");
  return number;
};

const chartRoots = (text: string): readonly LocalRoot[] =>
  text.split(",").map((entry) => {
    const [mount = "", path = mount] = entry.split("=");
    if (!mount.startsWith("/") || path === "")
      throw new InvalidArgumentError("it must be MOUNT or MOUNT=FOLDER, MOUNT an absolute path; several are separated by commas.");
    return { mount, path };
  });

interface Flag {
  readonly flags: string;
  readonly description: string;
  readonly env: string;
  /** Further names of the environment variable. */
  readonly aliases?: readonly string[];
  readonly parse?: (text: string) => unknown;
  readonly choices?: readonly string[];
  readonly fallback?: unknown;
}

/** Every flag, in the order of `--help`. */
const FLAGS: readonly Flag[] = [
  {
    flags: "--kubeconfig <file>",
    env: "ARMADA_KUBECONFIG",
    aliases: ["KUBECONFIG"],
    description: "kubeconfig of the cluster; default: ~/.kube/config, or the pod's own account",
  },
  {
    flags: "--watch-namespaces <names>",
    env: "ARMADA_WATCH_NAMESPACES",
    aliases: ["WATCH_NAMESPACE"],
    fallback: "*",
    description: "namespaces to watch, separated by commas; * = all",
  },
  {
    flags: "--cross-namespace <policy>",
    env: "ARMADA_CROSS_NAMESPACE",
    choices: ["deny", "allow"],
    fallback: "deny",
    description: "whether members and releases may live in other namespaces than the objects that name them",
  },
  {
    flags: "--concurrency <n>",
    env: "ARMADA_CONCURRENCY",
    parse: positive,
    fallback: Math.max(4, availableParallelism() * 3),
    description: "helm processes at once",
  },
  {
    flags: "--chart-root <roots>",
    env: "ARMADA_CHART_ROOT",
    parse: chartRoots,
    fallback: [{ mount: "/opt/armada/helm-charts", path: "/opt/armada/helm-charts" }],
    description: "where local charts may lie: MOUNT or MOUNT=FOLDER, separated by commas; objects name MOUNT",
  },
  { flags: "--helm <path>", env: "ARMADA_HELM", fallback: "helm", description: "the helm 3 binary" },
  {
    flags: "--metrics-bind-address <address>",
    env: "ARMADA_METRICS_BIND_ADDRESS",
    fallback: "127.0.0.1:8080",
    description: "HOST:PORT of /metrics; 0 = off",
  },
  {
    flags: "--health-probe-bind-address <address>",
    env: "ARMADA_HEALTH_PROBE_BIND_ADDRESS",
    fallback: "127.0.0.1:8081",
    description: "HOST:PORT of /healthz and /readyz; 0 = off",
  },
  {
    flags: "--log-level <level>",
    env: "ARMADA_LOG_LEVEL",
    choices: ["debug", "info", "warn", "error"],
    fallback: "info",
    description: "least level that is logged",
  },
  { flags: "--log-format <format>", env: "ARMADA_LOG_FORMAT", choices: ["json", "pretty"], fallback: "json", description: "form of log lines" },
  {
    flags: "--lease-namespace <name>",
    env: "ARMADA_LEASE_NAMESPACE",
    description: "namespace of the Lease armada-operator; default: that of the kubeconfig's context or of the pod",
  },
  {
    flags: "--state-dir <folder>",
    env: "ARMADA_STATE_DIR",
    fallback: join(tmpdir(), "armada-operator"),
    description: "private folder for chart copies and helm's caches; one per operator",
  },
];

type Environment = Readonly<Record<string, string | undefined>>;

/** Flags, then environment, then defaults. Texts for `--help`, and for what is wrong with exit code 2. */
export const parseConfig = (args: readonly string[], env: Environment): ConfigResult => {
  let text = "";
  const write = (part: string): void => void (text += part);
  const command = new Command("armada-operator")
    .description("Brings estates of Helm releases up in order and keeps them there.")
    .helpOption("-h, --help", "show this text")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write });
  try {
    for (const flag of FLAGS) command.addOption(withEnvironment(flag, env));
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2, text: text === "" ? `${error.message}\n` : text };
    throw error;
  }
  return { config: configOf(command.opts()) };
};

/** commander itself would read `process.env`; only `env` may count. An empty variable is none. */
const withEnvironment = ({ flags, description, ...of }: Flag, env: Environment): Option => {
  const option = new Option(flags, `${description} [env ${[of.env, ...(of.aliases ?? [])].join(", ")}]`);
  if (of.parse !== undefined) option.argParser(of.parse);
  if (of.choices !== undefined) option.choices(of.choices);
  if (of.fallback !== undefined) option.default(of.fallback);
  const variable = [of.env, ...(of.aliases ?? [])].find((name) => (env[name] ?? "") !== "");
  return variable === undefined ? option : option.default(readEnvironment(option, variable, env[variable] ?? ""));
};

const readEnvironment = (option: Option, variable: string, value: string): unknown => {
  if (option.parseArg === undefined) return value;
  try {
    return option.parseArg(value, undefined);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new CommanderError(2, "armada.environment", `error: environment variable ${variable} is "${value}": ${error.message}`);
  }
};

const configOf = (values: Record<string, unknown>): OperatorConfig => {
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const level = text("logLevel");
  return {
    kubeconfig: text("kubeconfig"),
    crossNamespace: text("crossNamespace") === "allow" ? "allow" : "deny",
    watchNamespaces: namespaces(text("watchNamespaces") ?? "*"),
    concurrency: typeof values["concurrency"] === "number" ? values["concurrency"] : 4,
    chartRoots: Array.isArray(values["chartRoot"]) ? values["chartRoot"].filter(isRoot) : [],
    helm: text("helm") ?? "helm",
    metricsAddress: text("metricsBindAddress") ?? "0",
    healthAddress: text("healthProbeBindAddress") ?? "0",
    logLevel: level === "debug" || level === "warn" || level === "error" ? level : "info",
    logFormat: text("logFormat") === "pretty" ? "pretty" : "json",
    leaseNamespace: text("leaseNamespace"),
    stateDir: text("stateDir") ?? join(tmpdir(), "armada-operator"),
  };
};

const isRoot = (value: unknown): value is LocalRoot => typeof value === "object" && value !== null && "mount" in value && "path" in value;
