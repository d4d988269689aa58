import { describe, expect, test } from "@jest/globals";
import { parseConfig } from "./config.ts";
import type { OperatorConfig } from "./settings.ts";

const config = (args: readonly string[], env: Readonly<Record<string, string>> = {}): OperatorConfig => {
  const parsed = parseConfig(args, env);
  if ("exitCode" in parsed) throw new Error(parsed.text);
  return parsed.config;
};

const refused = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const parsed = parseConfig(args, env);
  return "exitCode" in parsed ? parsed : { exitCode: -1, text: "accepted" };
};

describe("parseConfig", () => {
  test("has a default for everything but where the cluster is", () => {
    expect(config([])).toMatchObject({
      kubeconfig: undefined,
      crossNamespace: "deny",
      clusterScoped: "deny",
      watchNamespaces: [],
      chartRoots: [{ mount: "/opt/armada/helm-charts", path: "/opt/armada/helm-charts" }],
      helm: "helm",
      metricsAddress: "127.0.0.1:8080",
      healthAddress: "127.0.0.1:8081",
      logLevel: "info",
      logFormat: "json",
      leaseNamespace: undefined,
    });
    expect(config([]).concurrency).toBeGreaterThanOrEqual(4);
  });

  test.each([
    ["--kubeconfig", "ARMADA_KUBECONFIG", "/k", { kubeconfig: "/k" }],
    ["--watch-namespaces", "ARMADA_WATCH_NAMESPACES", "a, b", { watchNamespaces: ["a", "b"] }],
    ["--watch-namespaces", "WATCH_NAMESPACE", "a", { watchNamespaces: ["a"] }],
    ["--watch-namespaces", "WATCH_NAMESPACE", "*", { watchNamespaces: [] }],
    ["--cross-namespace", "ARMADA_CROSS_NAMESPACE", "allow", { crossNamespace: "allow" }],
    ["--cluster-scoped", "ARMADA_CLUSTER_SCOPED", "allow", { clusterScoped: "allow" }],
    ["--default-service-account", "ARMADA_DEFAULT_SERVICE_ACCOUNT", "deployer", { defaultServiceAccount: "deployer" }],
    ["--concurrency", "ARMADA_CONCURRENCY", "7", { concurrency: 7 }],
    [
      "--chart-root",
      "ARMADA_CHART_ROOT",
      "/a=charts,/b",
      {
        chartRoots: [
          { mount: "/a", path: "charts" },
          { mount: "/b", path: "/b" },
        ],
      },
    ],
    ["--helm", "ARMADA_HELM", "/bin/helm", { helm: "/bin/helm" }],
    ["--git", "ARMADA_GIT", "/bin/git", { git: "/bin/git" }],
    ["--max-chart-size", "ARMADA_MAX_CHART_SIZE", "2", { maxChartBytes: 2 * 2 ** 20 }],
    ["--max-charts-per-namespace", "ARMADA_MAX_CHARTS_PER_NAMESPACE", "20", { maxChartsPerNamespace: 20 }],
    ["--cache-size", "ARMADA_CACHE_SIZE", "2", { cacheBytes: 2 * 2 ** 20 }],
    ["--allow-local-addresses", "ARMADA_ALLOW_LOCAL_ADDRESSES", "true", { allowLocalAddresses: true }],
    ["--plain-http-registries", "ARMADA_PLAIN_HTTP_REGISTRIES", "R.example:5000, [::1]:5", { plainHttpRegistries: ["r.example:5000", "[::1]:5"] }],
    ["--metrics-bind-address", "ARMADA_METRICS_BIND_ADDRESS", "0", { metricsAddress: "0" }],
    ["--metrics-cert-dir", "ARMADA_METRICS_CERT_DIR", "/certs", { metricsCertDir: "/certs" }],
    ["--health-probe-bind-address", "ARMADA_HEALTH_PROBE_BIND_ADDRESS", "[::]:1", { healthAddress: "[::]:1" }],
    ["--log-level", "ARMADA_LOG_LEVEL", "debug", { logLevel: "debug" }],
    ["--log-format", "ARMADA_LOG_FORMAT", "pretty", { logFormat: "pretty" }],
    ["--lease-namespace", "ARMADA_LEASE_NAMESPACE", "ops", { leaseNamespace: "ops" }],
    ["--shards", "ARMADA_SHARDS", "16", { shards: 16 }],
    ["--lease-duration", "ARMADA_LEASE_DURATION", "8", { leaseDurationMs: 8_000 }],
    ["--drain-timeout", "ARMADA_DRAIN_TIMEOUT", "0", { drainMs: 0 }],
    ["--state-dir", "ARMADA_STATE_DIR", "/s", { stateDir: "/s" }],
  ] as const)("%s and %s say the same: %s", (flag, variable, text, expected) => {
    expect(config([flag, text])).toMatchObject(expected);
    expect(config([`${flag}=${text}`])).toMatchObject(expected);
    expect(config([], { [variable]: text })).toMatchObject(expected);
  });

  test("a flag wins over its variable, the variable over its alias, and an empty variable is none", () => {
    expect(config(["--helm", "flag"], { ARMADA_HELM: "variable" }).helm).toBe("flag");
    expect(config([], { ARMADA_WATCH_NAMESPACES: "a", WATCH_NAMESPACE: "b" }).watchNamespaces).toEqual(["a"]);
    expect(config([], { ARMADA_WATCH_NAMESPACES: "", WATCH_NAMESPACE: "b" }).watchNamespaces).toEqual(["b"]);
    expect(config([], { ARMADA_HELM: "" }).helm).toBe("helm");
  });

  test.each([
    ["an unknown flag", ["--nonsense"], {}, "--nonsense"],
    ["an argument that is no flag", ["run"], {}, "too many arguments"],
    ["a flag without its value", ["--helm"], {}, "--helm"],
    ["a concurrency of nothing", ["--concurrency", "0"], {}, "whole number of at least 1"],
    ["a concurrency that is no number", ["--concurrency", "many"], {}, "whole number of at least 1"],
    [
      "a Lease too short to end helm in",
      ["--lease-duration", "7"],
      {},
      'error: --lease-duration is "7": it must be a whole number of seconds from 8 to 300.\n',
    ],
    ["a variable that is no number", [], { ARMADA_CONCURRENCY: "many" }, 'environment variable ARMADA_CONCURRENCY is "many"'],
    ...["http://r.example", "r.example:5000/charts", "a,b/c", "r example"].map(
      (text) =>
        [
          `a registry that is written ${text}`,
          ["--plain-http-registries", text],
          {},
          `error: --plain-http-registries is "${text}": it must be HOST or HOST:PORT, without a scheme and a path; several are separated by commas.\n`,
        ] as const,
    ),
    ["a chart root that is not absolute", ["--chart-root", "charts"], {}, "MOUNT an absolute path"],
    ["a chart root without folder", ["--chart-root", "/a="], {}, "MOUNT=FOLDER"],
    ["a level nobody knows", ["--log-level", "loud"], {}, "debug, info, warn, error"],
    [
      "a mistyped level",
      ["--log-level", "dbug"],
      {},
      'error: --log-level is "dbug": it must be one of debug, info, warn, error (did you mean debug?).\n',
    ],
    ["a format nobody knows", [], { ARMADA_LOG_FORMAT: "xml" }, 'environment variable ARMADA_LOG_FORMAT is "xml": it must be one of json, pretty.\n'],
    ["a rule nobody knows", ["--cross-namespace", "alow"], {}, "(did you mean allow?)"],
    ["a mistyped flag", ["--concurency", "3"], {}, "error: unknown option '--concurency' (Did you mean --concurrency?)\n"],
  ] as const)("refuses %s with exit code 2 and says why", (_, args, env, why) => {
    const { exitCode, text } = refused(args, env);
    expect(exitCode).toBe(2);
    expect(text).toContain(why);
    expect(text.endsWith("\n")).toBe(true);
  });

  test("--help names every flag with its variable, and is no error", () => {
    const { exitCode, text } = refused(["--help"]);
    expect(exitCode).toBe(0);
    for (const word of ["--kubeconfig", "ARMADA_KUBECONFIG", "--state-dir", "ARMADA_STATE_DIR", "WATCH_NAMESPACE"]) expect(text).toContain(word);
  });

  test("reads no environment but the one it is given", () => {
    expect(config([], {}).helm).toBe("helm");
  });

  test("KUBECONFIG is a list of files, not the path of one: it is left to those that read it", () => {
    expect(config([], { KUBECONFIG: "/a:/b" }).kubeconfig).toBeUndefined();
  });
});

describe("--env-file", () => {
  const files: Readonly<Record<string, string>> = {
    "site.env": "ARMADA_HELM=/file/helm\nWATCH_NAMESPACE=file\nARMADA_LOG_LEVEL=warn\nOTHER=kept",
    "wrong.env": "ARMADA_HELM=/h\noops",
    "level.env": "\nARMADA_LOG_LEVEL=wran\n",
  };
  const parse = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    parseConfig(args, env, (path) => {
      const text = files[path];
      if (text === undefined) throw new Error("ENOENT");
      return text;
    });

  test("its variables count where neither a flag nor the environment says anything, an alias or an empty variable included", () => {
    const env = { WATCH_NAMESPACE: "own", ARMADA_LOG_LEVEL: "" };
    expect(parse(["--env-file", "site.env"], env)).toMatchObject({ config: { helm: "/file/helm", watchNamespaces: ["own"], logLevel: "info" } });
    expect(parse(["--env-file=site.env", "--helm", "flag"])).toMatchObject({ config: { helm: "flag", watchNamespaces: ["file"], logLevel: "warn" } });
    expect(parse([], { ARMADA_ENV_FILE: "site.env" })).toMatchObject({ config: { helm: "/file/helm" } });
  });

  test("all of its variables are given back, for what reads others", () => {
    expect(parse(["--env-file", "site.env"])).toMatchObject({ fileEnvironment: { OTHER: "kept" } });
    expect(parse([])).toMatchObject({ fileEnvironment: {} });
  });

  test.each([
    ["missing.env", "error: cannot read env file missing.env: ENOENT\n"],
    ["wrong.env", "error: env file wrong.env, line 2: it must be KEY=VALUE, or a comment after #\n"],
    ["level.env", 'error: ARMADA_LOG_LEVEL in env file level.env is "wran": it must be one of debug, info, warn, error (did you mean warn?).\n'],
  ])("%s is refused in one sentence", (file, text) => {
    expect(parse(["--env-file", file])).toEqual({ exitCode: 2, text });
  });

  test("--print-config gives each value that counts with its origin, on a line of its own", () => {
    const env = { ARMADA_LOG_FORMAT: "pretty", KUBECONFIG: "/a:/b" };
    const printed = parse(["--print-config", "--concurrency", "3", "--env-file", "site.env"], env);
    const lines = ("text" in printed ? printed.text : "").split("\n").map((line) => line.replaceAll(/ {2,}/g, " | "));
    expect(lines).toEqual([
      "--kubeconfig | /a:/b | environment variable KUBECONFIG",
      "--watch-namespaces | file | env file site.env",
      "--cross-namespace | deny | default",
      "--cluster-scoped | deny | default",
      "--default-service-account | none | default",
      "--concurrency | 3 | flag",
      "--max-charts-per-namespace | 0 | default",
      "--chart-root | /opt/armada/helm-charts | default",
      "--helm | /file/helm | env file site.env",
      "--git | git | default",
      "--max-chart-size | 50 | default",
      "--cache-size | 1024 | default",
      "--allow-local-addresses | false | default",
      "--plain-http-registries | none | default",
      "--metrics-bind-address | 127.0.0.1:8080 | default",
      "--metrics-cert-dir | a certificate made at start | default",
      "--health-probe-bind-address | 127.0.0.1:8081 | default",
      "--log-level | warn | env file site.env",
      "--log-format | pretty | environment variable ARMADA_LOG_FORMAT",
      "--lease-namespace | that of the kubeconfig's context or of the pod | default",
      "--shards | 1 | default",
      "--lease-duration | 15 | default",
      "--drain-timeout | 20 | default",
      expect.stringMatching(/^--state-dir \| .*armada-operator \| default$/),
      "--env-file | site.env | flag",
      "",
    ]);
    expect(printed).toMatchObject({ exitCode: 0 });
  });

  test("--print-config refuses what is wrong", () => {
    expect(parse(["--print-config", "--concurrency", "0"])).toMatchObject({ exitCode: 2 });
  });
});
