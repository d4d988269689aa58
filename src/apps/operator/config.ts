import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { LocalRoot } from "../../sources/local-path.ts";

export interface OperatorConfig {
  /** Path; undefined: the default kubeconfig, or the pod's own. */
  readonly kubeconfig: string | undefined;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
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
    if (!mount.startsWith("/") || path === "") throw new InvalidArgumentError("it must be MOUNT or MOUNT=FOLDER, MOUNT an absolute path; several are separated by commas.");
    return { mount, path };
  });

const options = (): readonly Option[] => [
  new Option("--kubeconfig <file>", "kubeconfig of the cluster; default: $KUBECONFIG, ~/.kube/config, or the pod's own account").env("ARMADA_KUBECONFIG"),
  new Option("--watch-namespaces <names>", "namespaces to watch, separated by commas; * = all").env("ARMADA_WATCH_NAMESPACES").default("*"),
  new Option("--concurrency <n>", "helm processes at once").env("ARMADA_CONCURRENCY").argParser(positive).default(Math.max(4, cpus().length * 2)),
  new Option("--chart-root <roots>", "where local charts may lie: MOUNT or MOUNT=FOLDER, separated by commas; objects name MOUNT")
    .env("ARMADA_CHART_ROOT")
    .argParser(chartRoots)
    .default(chartRoots("/opt/armada/helm-charts")),
  new Option("--helm <path>", "the helm 3 binary").env("ARMADA_HELM").default("helm"),
  new Option("--metrics-bind-address <address>", "HOST:PORT of /metrics; 0 = off").env("ARMADA_METRICS_BIND_ADDRESS").default("127.0.0.1:8080"),
  new Option("--health-probe-bind-address <address>", "HOST:PORT of /healthz and /readyz; 0 = off").env("ARMADA_HEALTH_PROBE_BIND_ADDRESS").default(":8081"),
  new Option("--log-level <level>", "least level that is logged").env("ARMADA_LOG_LEVEL").choices(["debug", "info", "warn", "error"]).default("info"),
  new Option("--log-format <format>", "form of log lines").env("ARMADA_LOG_FORMAT").choices(["json", "pretty"]).default("json"),
  new Option("--lease-namespace <name>", "namespace of the Lease armada-operator; default: that of the kubeconfig's context or of the pod").env("ARMADA_LEASE_NAMESPACE"),
  new Option("--state-dir <folder>", "private folder for chart copies and helm's caches; one per operator").env("ARMADA_STATE_DIR").default(join(tmpdir(), "armada-operator")),
];

/** Flags, then environment, then defaults. Texts for `--help`, and for what is wrong with exit code 2. */
export const parseConfig = (args: readonly string[], env: Readonly<Record<string, string | undefined>>): ConfigResult => {
  let text = "";
  const write = (part: string): void => void (text += part);
  const command = new Command("armada-operator")
    .description("Brings estates of Helm releases up in order and keeps them there.")
    .helpOption("-h, --help", "show this text")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write });
  for (const option of options()) command.addOption(withEnvironment(option, env));
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2, text };
    throw error;
  }
  return { config: configOf(command.opts(), env) };
};

/** commander reads `process.env`; only `env` may count, and the alias of the original operator. */
const withEnvironment = (option: Option, env: Readonly<Record<string, string | undefined>>): Option => {
  const name = option.envVar;
  const alias = name === "ARMADA_WATCH_NAMESPACES" ? env["WATCH_NAMESPACE"] : undefined;
  const value = (name === undefined ? undefined : env[name]) ?? alias;
  option.envVar = undefined;
  const shown = name === undefined ? option.description : `${option.description} [env ${name}]`;
  option.description = shown;
  if (value === undefined || value === "") return option;
  return option.default(readEnvironment(option, name ?? "", value));
};

const readEnvironment = (option: Option, name: string, value: string): unknown => {
  try {
    const parsed: unknown = option.parseArg === undefined ? value : option.parseArg(value, undefined);
    return parsed;
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new CommanderError(2, "armada.environment", `error: ${name} is "${value}": ${error.message}`);
    throw error;
  }
};

const configOf = (values: Record<string, unknown>, env: Readonly<Record<string, string | undefined>>): OperatorConfig => {
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const level = text("logLevel");
  return {
    kubeconfig: text("kubeconfig") ?? env["KUBECONFIG"],
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
