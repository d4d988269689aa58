/** YAML is a superset of JSON: what kubectl applies. */
const list = (items: readonly unknown[]): string => JSON.stringify({ apiVersion: "v1", kind: "List", items });

const apiVersion = "armada.airshipit.org/v1alpha1";

interface Estate {
  readonly namespace: string;
  readonly charts: number;
  readonly replicas: number;
  readonly sequenced: boolean;
}

/** A parked group over parked charts of testchart, and their namespace. */
export const parkedGroup = ({ namespace, charts, replicas, sequenced }: Estate): string => {
  const names = Array.from({ length: charts }, (_, index) => `bench-${String(index + 1)}`);
  return list([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    ...names.map((name) => ({
      apiVersion,
      kind: "ArmadaChart",
      metadata: { name, namespace },
      spec: {
        release: name,
        source: { type: "local", location: "/opt/armada/helm-charts/testchart" },
        values: { replicaCount: replicas },
        target_state: "uninitialized",
      },
    })),
    {
      apiVersion,
      kind: "ArmadaChartGroup",
      metadata: { name: "bench", namespace },
      spec: { chart_group: names, sequenced, target_state: "uninitialized" },
    },
  ]);
};
