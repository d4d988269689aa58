import { expect, test } from "@jest/globals";
import { argumentsOf, components, graceMs, readinessUrl } from "./components.ts";
import type { Layout } from "./components.ts";

const layout: Layout = {
  ports: { etcd: 1, etcdPeer: 2, apiserver: 3, controllerManager: 4, scheduler: 5, kwok: 6 },
  dataDirectory: "/data",
  certDirectory: "/certs",
  kubeconfig: "/kubeconfig",
  tokenFile: "/tokens.csv",
  serviceAccountKeyFile: "/sa.key",
  serviceAccountPublicKeyFile: "/sa.pub",
  stagesFile: "/stages.yaml",
};

test("every component listens on loopback only", () => {
  for (const component of components) {
    const args = argumentsOf(component, layout);
    expect(args.join(" ")).not.toMatch(/0\.0\.0\.0(?!\/)/);
    expect(args.some((arg) => arg.includes("127.0.0.1"))).toBe(true);
  }
});

test.each([
  ["etcd", "http://127.0.0.1:1/readyz"],
  ["kube-apiserver", "https://127.0.0.1:3/readyz"],
  ["kube-controller-manager", "https://127.0.0.1:4/healthz"],
  ["kube-scheduler", "https://127.0.0.1:5/readyz"],
  ["kwok", "http://127.0.0.1:6/readyz"],
] as const)("%s is ready when %s answers", (component, url) => {
  expect(readinessUrl(component, layout.ports)).toBe(url);
});

test("all graces together stay below 8 s", () => {
  expect(Object.values(graceMs).reduce((sum, ms) => sum + ms, 0)).toBeLessThan(8_000);
});

test("the API server is given etcd, RBAC, the token file and the service-account keys", () => {
  expect(argumentsOf("kube-apiserver", layout)).toEqual(
    expect.arrayContaining([
      "--etcd-servers=http://127.0.0.1:1",
      "--authorization-mode=RBAC",
      "--token-auth-file=/tokens.csv",
      "--endpoint-reconciler-type=none",
      "--service-account-key-file=/sa.pub",
      "--service-account-signing-key-file=/sa.key",
      "--disable-admission-plugins=ServiceAccount",
    ]),
  );
});
