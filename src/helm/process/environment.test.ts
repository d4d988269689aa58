import { expect, test } from "@jest/globals";
import { helmEnvironment } from "./environment.ts";

test("helm is told nothing of this process, and gets private folders", () => {
  expect(helmEnvironment({ path: "/bin", home: "/state/helm", kubeCache: "/dev/shm/a" })).toEqual({
    PATH: "/bin",
    KUBECONFIG: "/dev/null",
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
