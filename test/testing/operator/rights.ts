import { expect } from "@jest/globals";
import { CHARTS_LABEL, OPERATOR } from "../../../src/apps/operator/deploy/rights.ts";
import type { Cluster } from "./cluster.ts";
import { eventually } from "../eventually.ts";

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What an administrator does so that charts may contain more: one more ClusterRole with the label. Resolves when it counts. */
export const allowCharts = async (cluster: Cluster, name: string, rules: readonly Rule[]): Promise<void> => {
  await cluster.operatorKubeconfig();
  const metadata = { name, labels: { [CHARTS_LABEL]: "true" } };
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata, rules }));
  await eventually(`charts may contain what ${name} says`, async () => {
    const role: unknown = JSON.parse(await cluster.kubectl(["get", "clusterrole", `${OPERATOR}-charts`, "-o", "json"]));
    expect(role).toMatchObject({ rules: expect.arrayContaining([...rules]) });
  });
};
