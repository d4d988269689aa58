import { expect } from "@jest/globals";
import type { Cluster } from "../operator/cluster.ts";
import { eventually } from "../eventually.ts";
import type { Operator } from "../operator/operator.ts";

/** What an operator has done since it started. */
export interface Work {
  /** Requests to the API server, renewals of the Lease included. */
  readonly requests: number;
  /** Helm processes that ended. */
  readonly helm: number;
}

export const workOf = async (operator: Operator): Promise<Work> => {
  const answer = await fetch(`http://127.0.0.1:${String(await operator.metricsPort())}/metrics`);
  const text = await answer.text();
  const sum = (metric: string): number =>
    [...text.matchAll(new RegExp(`^${metric}\\{.*\\} (\\d+)$`, "gm"))].reduce((total, [, count]) => total + Number(count), 0);
  return { requests: sum("armada_api_requests_total"), helm: sum("armada_helm_runs_total") };
};

const RENEWALS = 2;

/** What the operator does while it renews its Lease twice, two seconds apart: time in which a loop makes hundreds of requests. */
export const workOfTwoRenewals = async (cluster: Cluster, operator: Operator): Promise<Work> => {
  const before = await workOf(operator);
  for (let renewal = 0; renewal < RENEWALS; renewal += 1) {
    const renewed = await renewTime(cluster);
    await eventually("the Lease is renewed", async () => expect(await renewTime(cluster)).not.toBe(renewed));
  }
  const after = await workOf(operator);
  return { requests: after.requests - before.requests, helm: after.helm - before.helm };
};

const renewTime = (cluster: Cluster): Promise<string> =>
  cluster.kubectl(["get", "leases", "-A", "-o", 'jsonpath={.items[?(@.metadata.name=="armada-operator")].spec.renewTime}']);

/** Fails when the log or a text tells of a stack, or of a defect. */
export const expectNoStack = (text: string): void => {
  expect(text).not.toMatch(/\n\s+at \S|\\n\s+at \S|exiting because of an internal error|\(node:|file:\/\//);
};
