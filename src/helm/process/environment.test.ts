import { expect, test } from "@jest/globals";
import { helmEnvironment } from "./environment.ts";

test("helm inherits only what is on the list, and gets private folders", () => {
  const parent = {
    PATH: "/bin",
    HOME: "/home/op",
    HTTPS_PROXY: "http://proxy:3128",
    KUBERNETES_SERVICE_HOST: "10.0.0.1",
    NO_PROXY: "",
    HELM_NAMESPACE: "elsewhere",
    HELM_KUBETOKEN: "token",
    AWS_SECRET_ACCESS_KEY: "secret",
    KUBECONFIG: "/somewhere",
    LD_PRELOAD: "/x.so",
  };
  expect(helmEnvironment({ parent, kubeconfig: "/etc/kubeconfig", home: "/state/helm", kubeCache: "/dev/shm/a" })).toEqual({
    PATH: "/bin",
    HOME: "/home/op",
    HTTPS_PROXY: "http://proxy:3128",
    KUBERNETES_SERVICE_HOST: "10.0.0.1",
    KUBECONFIG: "/etc/kubeconfig",
    HELM_CACHE_HOME: "/state/helm/cache",
    HELM_CONFIG_HOME: "/state/helm/config",
    HELM_DATA_HOME: "/state/helm/data",
    HELM_DRIVER: "secret",
    HELM_NO_PLUGINS: "1",
    KUBECACHEDIR: "/dev/shm/a",
    GOMAXPROCS: "1",
    GOGC: "400",
  });
});

test("without a kubeconfig of its own, helm reads the list that this program reads", () => {
  const { KUBECONFIG } = helmEnvironment({ parent: { KUBECONFIG: "/a:/b" }, home: "/h", kubeCache: "/c" });
  expect(KUBECONFIG).toBe("/a:/b");
});
