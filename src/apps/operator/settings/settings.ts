import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import type { LocalRoot } from "../../../sources/roots.ts";
import { SHORTEST_LEASE_MS } from "../../../runtime/leaderelection/lease-times.ts";
import { choice } from "../../arguments.ts";

/** A flag with its environment variables. Whatever they say is read by `parse`, and so is the default. */
export interface Setting<T> {
  /** As in `--help`. */
  readonly flags: string;
  readonly description: string;
  /** Names of the environment variable; the first that is set counts. */
  readonly env: readonly string[];
  /** Throws `InvalidArgumentError` with a sentence that follows on "… is X: ". */
  readonly parse: (text: string) => T;
  readonly choices?: readonly string[];
  /** Text; absent: nothing is said, and `otherwise` describes what happens then. */
  readonly fallback?: string;
  /** In words what the default is, where it is not the same everywhere. */
  readonly otherwise?: string;
  /** Variable that others read when nothing is said; to be shown only. */
  readonly deferredTo?: string;
}

const setting = <T>(one: Setting<T>): Setting<T> => one;

const oneOf = <Choice extends string>(...choices: readonly Choice[]) => ({ choices, parse: choice(choices) });

const plain = (text: string): string => text;

const optional = (text: string): string | undefined => (text === "" ? undefined : text);

const namespaces = (text: string): readonly string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "*");

const atLeast =
  (least: number) =>
  (text: string): number => {
    const number = Number(text);
    if (text.trim() === "" || !Number.isInteger(number) || number < least)
      throw new InvalidArgumentError(`it must be a whole number of at least ${String(least)}.`);
    return number;
  };

const positive = atLeast(1);

/** 0: none. */
const limit = atLeast(0);

const leaseDuration = (text: string): number => {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds * 1_000 >= SHORTEST_LEASE_MS && seconds <= 300) return seconds * 1_000;
  throw new InvalidArgumentError(`it must be a whole number of seconds from ${String(SHORTEST_LEASE_MS / 1_000)} to 300.`);
};

const shards = (text: string): number => {
  const number = positive(text);
  if (number <= 256) return number;
  throw new InvalidArgumentError("it must be a whole number from 1 to 256.");
};

const accountName = (text: string): string | undefined => {
  if (text === "" || /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/.test(text)) return optional(text);
  throw new InvalidArgumentError("it must be the name of a ServiceAccount, without its namespace.");
};

const MIB = 2 ** 20;

/** Of a text in MiB. */
const bytes = (text: string): number => positive(text) * MIB;

const flag = { choices: ["false", "true"], parse: (text: string): boolean => choice(["false", "true"])(text) === "true" };

const chartRoots = (text: string): readonly LocalRoot[] =>
  text.split(",").map((entry) => {
    const [mount = "", path = mount] = entry.split("=");
    if (!mount.startsWith("/") || path === "")
      throw new InvalidArgumentError("it must be MOUNT or MOUNT=FOLDER, MOUNT an absolute path; several are separated by commas.");
    return { mount, path };
  });

const registries = (text: string): readonly string[] => {
  const hosts = text.split(",").flatMap((entry) => (entry.trim() === "" ? [] : [entry.trim().toLowerCase()]));
  if (hosts.every((host) => /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/.test(host))) return hosts;
  throw new InvalidArgumentError("it must be HOST or HOST:PORT, without a scheme and a path; several are separated by commas.");
};

/** Where other variables may stand. Only the real environment can name it. */
export const ENV_FILE = setting({
  flags: "--env-file <file>",
  env: ["ARMADA_ENV_FILE"],
  parse: optional,
  otherwise: "none",
  description: "file of KEY=VALUE lines, used for variables that the environment does not set",
});

/**
 * Every flag that has a value, in the order of `--help`. What the operator is configured with ({@link OperatorConfig}), commander's options and the
 * table of `docs/reference.md` follow from this.
 */
export const SETTINGS = {
  /** Path; undefined: the files of `KUBECONFIG`, the default kubeconfig, or the pod's own. */
  kubeconfig: setting({
    flags: "--kubeconfig <file>",
    env: ["ARMADA_KUBECONFIG"],
    parse: optional,
    otherwise: "~/.kube/config, or the pod's own account",
    deferredTo: "KUBECONFIG",
    description: "kubeconfig of the cluster; default: the files of KUBECONFIG, ~/.kube/config, or the pod's own account",
  }),
  /** Empty: all. */
  watchNamespaces: setting({
    flags: "--watch-namespaces <names>",
    env: ["ARMADA_WATCH_NAMESPACES", "WATCH_NAMESPACE"],
    parse: namespaces,
    fallback: "*",
    description: "namespaces to watch, separated by commas; * = all",
  }),
  crossNamespace: setting({
    flags: "--cross-namespace <rule>",
    env: ["ARMADA_CROSS_NAMESPACE"],
    ...oneOf("deny", "allow"),
    fallback: "deny",
    description:
      "whether members and releases may be in another namespace than the object that names them, and, where charts have the operator's own rights, objects of charts in another than their release",
  }),
  clusterScoped: setting({
    flags: "--cluster-scoped <rule>",
    env: ["ARMADA_CLUSTER_SCOPED"],
    ...oneOf("deny", "allow"),
    fallback: "deny",
    description:
      "whether charts that have the operator's own rights may contain cluster-scoped objects: ClusterRoles, CustomResourceDefinitions, Namespaces; with --default-service-account the rights of the account decide",
  }),
  /** Undefined: the operator's own rights for all charts. */
  defaultServiceAccount: setting({
    flags: "--default-service-account <name>",
    env: ["ARMADA_DEFAULT_SERVICE_ACCOUNT"],
    parse: accountName,
    otherwise: "none",
    description:
      "ServiceAccount of a release's namespace with whose rights helm writes it, where spec.service_account names none; default: none, and whoever may create an ArmadaChart has the operator's own rights",
  }),
  concurrency: setting({
    flags: "--concurrency <n>",
    env: ["ARMADA_CONCURRENCY"],
    parse: positive,
    fallback: String(Math.max(4, availableParallelism() * 3)),
    otherwise: "three per CPU, at least 4",
    description: "maximum number of helm processes that work at the same time; as many may wait for hooks",
  }),
  maxChartsPerNamespace: setting({
    flags: "--max-charts-per-namespace <n>",
    env: ["ARMADA_MAX_CHARTS_PER_NAMESPACE"],
    parse: limit,
    fallback: "0",
    description: "maximum number of ArmadaCharts in a namespace; the oldest count, and nothing is done for the others; 0 = no limit",
  }),
  chartRoots: setting({
    flags: "--chart-root <roots>",
    env: ["ARMADA_CHART_ROOT"],
    parse: chartRoots,
    fallback: "/opt/armada/helm-charts",
    description: "folders that may contain local charts: MOUNT or MOUNT=FOLDER, separated by commas; objects refer to MOUNT",
  }),
  helm: setting({ flags: "--helm <path>", env: ["ARMADA_HELM"], parse: plain, fallback: "helm", description: "the helm 3 binary" }),
  git: setting({ flags: "--git <path>", env: ["ARMADA_GIT"], parse: plain, fallback: "git", description: "the git binary, for charts in git" }),
  /** Of an archive, or of what git receives. */
  maxChartBytes: setting({
    flags: "--max-chart-size <MiB>",
    env: ["ARMADA_MAX_CHART_SIZE"],
    parse: bytes,
    fallback: "50",
    description: "maximum size of a fetched archive or repository; four times as much when unpacked",
  }),
  /** Of each cache. */
  cacheBytes: setting({
    flags: "--cache-size <MiB>",
    env: ["ARMADA_CACHE_SIZE"],
    parse: bytes,
    fallback: "1024",
    description: "maximum size of each cache: charts, archives and repositories",
  }),
  allowLocalAddresses: setting({
    flags: "--allow-local-addresses <rule>",
    env: ["ARMADA_ALLOW_LOCAL_ADDRESSES"],
    ...flag,
    fallback: "false",
    description: "whether charts may be fetched from loopback and link-local addresses",
  }),
  /** `host:port`, lower case. */
  plainHttpRegistries: setting({
    flags: "--plain-http-registries <hosts>",
    env: ["ARMADA_PLAIN_HTTP_REGISTRIES"],
    parse: registries,
    otherwise: "none",
    description: "registries to contact over plain HTTP: HOST:PORT, separated by commas",
  }),
  metricsAddress: setting({
    flags: "--metrics-bind-address <address>",
    env: ["ARMADA_METRICS_BIND_ADDRESS"],
    parse: plain,
    fallback: "127.0.0.1:8080",
    description: "HOST:PORT of /metrics; plain HTTP on loopback, elsewhere HTTPS for those who may get it; 0 = off",
  }),
  metricsCertDir: setting({
    flags: "--metrics-cert-dir <folder>",
    env: ["ARMADA_METRICS_CERT_DIR"],
    parse: optional,
    otherwise: "a certificate made at start",
    description: "folder of tls.crt and tls.key for /metrics, which is HTTPS then on loopback, too",
  }),
  healthAddress: setting({
    flags: "--health-probe-bind-address <address>",
    env: ["ARMADA_HEALTH_PROBE_BIND_ADDRESS"],
    parse: plain,
    fallback: "127.0.0.1:8081",
    description: "HOST:PORT of /healthz and /readyz; 0 = off",
  }),
  logLevel: setting({
    flags: "--log-level <level>",
    env: ["ARMADA_LOG_LEVEL"],
    ...oneOf("debug", "info", "warn", "error"),
    fallback: "info",
    description: "minimum level of log messages",
  }),
  logFormat: setting({
    flags: "--log-format <format>",
    env: ["ARMADA_LOG_FORMAT"],
    ...oneOf("json", "pretty"),
    fallback: "json",
    description: "format of log lines",
  }),
  /** Undefined: that of the kubeconfig's context or of the pod. */
  leaseNamespace: setting({
    flags: "--lease-namespace <name>",
    env: ["ARMADA_LEASE_NAMESPACE"],
    parse: optional,
    otherwise: "that of the kubeconfig's context or of the pod",
    description: "namespace of the Lease armada-operator; default: that of the kubeconfig's context or of the pod",
  }),
  shards: setting({
    flags: "--shards <n>",
    env: ["ARMADA_SHARDS"],
    parse: shards,
    fallback: "1",
    description: "parts into which the objects are divided, shared by all replicas; 1 = one replica works on everything, the others wait",
  }),
  leaseDurationMs: setting({
    flags: "--lease-duration <seconds>",
    env: ["ARMADA_LEASE_DURATION"],
    parse: leaseDuration,
    fallback: "15",
    description: "how long others wait after the last renewal of the Lease before they take it, 8 to 300 s",
  }),
  drainMs: setting({
    flags: "--drain-timeout <seconds>",
    env: ["ARMADA_DRAIN_TIMEOUT"],
    parse: (text) => limit(text) * 1_000,
    fallback: "20",
    description:
      "on SIGTERM, how long helm that runs is left to finish before it is stopped and the Lease is given back; 5 s less than the pod's grace period",
  }),
  stateDir: setting({
    flags: "--state-dir <folder>",
    env: ["ARMADA_STATE_DIR"],
    parse: plain,
    fallback: join(tmpdir(), "armada-operator"),
    otherwise: "armada-operator in the temporary folder",
    description: "private folder (0700) for chart copies and helm's caches; one per operator",
  }),
};

type Settings = typeof SETTINGS;

/** What the parser of each setting makes of what counts for it. */
export type OperatorConfig = { readonly [Name in keyof Settings]: ReturnType<Settings[Name]["parse"]> };
