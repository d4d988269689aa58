import type { Cluster } from "../operator/cluster.ts";

/** An account that may create ArmadaCharts in its namespace, and nothing else. */
export interface Author {
  /** The release is called like the chart. `spec`: beside or instead of a local source. */
  create(name: string, chart: string, spec?: object): Promise<void>;
}

export const createAuthor = async (cluster: Pick<Cluster, "kubectl">, namespace: string): Promise<Author> => {
  const kubectl = (args: readonly string[], stdin?: string) => cluster.kubectl(args, stdin);
  const inNamespace = ["-n", namespace];
  await kubectl([...inNamespace, "create", "role", "author", "--verb=create", "--resource=armadacharts.armada.airshipit.org"]);
  await kubectl([...inNamespace, "create", "rolebinding", "author", "--role=author", `--serviceaccount=${namespace}:author`]);
  const as = ["--as", `system:serviceaccount:${namespace}:author`, ...inNamespace];
  return {
    create: async (name, chart, spec = {}) => {
      const source = { type: "local", location: `/opt/armada/helm-charts/${chart}` };
      const object = {
        apiVersion: "armada.airshipit.org/v1alpha1",
        kind: "ArmadaChart",
        metadata: { name },
        spec: { release: name, source, ...spec },
      };
      await kubectl([...as, "create", "--validate=false", "-f", "-"], JSON.stringify(object));
    },
  };
};
