import { describe, expect, test } from "@jest/globals";
import { parseConfig, type OperatorConfig } from "./config.ts";

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
    ["--metrics-bind-address", "ARMADA_METRICS_BIND_ADDRESS", "0", { metricsAddress: "0" }],
    ["--health-probe-bind-address", "ARMADA_HEALTH_PROBE_BIND_ADDRESS", "[::]:1", { healthAddress: "[::]:1" }],
    ["--log-level", "ARMADA_LOG_LEVEL", "debug", { logLevel: "debug" }],
    ["--log-format", "ARMADA_LOG_FORMAT", "pretty", { logFormat: "pretty" }],
    ["--lease-namespace", "ARMADA_LEASE_NAMESPACE", "ops", { leaseNamespace: "ops" }],
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
    ["a concurrency of nothing", ["--concurrency", "0"], {}, "whole number from 1 on"],
    ["a concurrency that is no number", ["--concurrency", "many"], {}, "whole number from 1 on"],
    ["a variable that is no number", [], { ARMADA_CONCURRENCY: "many" }, 'environment variable ARMADA_CONCURRENCY is "many"'],
    ["a chart root that is not absolute", ["--chart-root", "charts"], {}, "MOUNT an absolute path"],
    ["a chart root without folder", ["--chart-root", "/a="], {}, "MOUNT=FOLDER"],
    ["a level nobody knows", ["--log-level", "loud"], {}, "debug, info, warn, error"],
    ["a format nobody knows", [], { ARMADA_LOG_FORMAT: "xml" }, "ARMADA_LOG_FORMAT"],
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
    expect(config([], {}).kubeconfig).toBeUndefined();
  });
});
