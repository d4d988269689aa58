import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { createChartSite, type ChartSite } from "../../testing/charts/chart-site.ts";
import { eventually } from "../../testing/eventually.ts";
import { repository } from "../../testing/operator/operator.ts";

jest.setTimeout(60_000);

const GROUP = "armada.airshipit.org";
const KINDS = ["armadachartgroups", "armadacharts", "armadamanifests"];
const SEE = "get,list,watch";
const CHANGE = "create,delete,get,list,patch,update,watch";

let site: ChartSite;

/** Nobody in `site` but by a role of Kubernetes there; `elsewhere` is another namespace. */
const PEOPLE = { vera: "view", ed: "edit", ada: "admin" } as const;
type Person = keyof typeof PEOPLE;

const kubectl = (...args: readonly string[]): Promise<string> => site.cluster.kubectl(args);

/** What the API server says that somebody may do to our kinds: resource → verbs. */
const rightsOf = async (person: string, namespace: string): Promise<Readonly<Record<string, string>>> => {
  const review = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
  const args = ["--as", person, "create", "--validate=false", "-f", "-", "-o", "json"];
  const answer: { readonly status: { readonly resourceRules: readonly ResourceRule[] } } = JSON.parse(
    await site.cluster.kubectl(args, JSON.stringify(review)),
  );
  const verbs = new Map<string, Set<string>>();
  for (const rule of answer.status.resourceRules.filter(({ apiGroups }) => apiGroups.includes(GROUP) || apiGroups.includes("*")))
    for (const resource of rule.resources) verbs.set(resource, new Set([...(verbs.get(resource) ?? []), ...rule.verbs]));
  return Object.fromEntries([...verbs].map(([resource, all]) => [resource, [...all].toSorted().join()]));
};

interface ResourceRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const all = (verbs: string): Readonly<Record<string, string>> => Object.fromEntries(KINDS.map((kind) => [kind, verbs]));

const chart = (name: string, namespace: string): string =>
  JSON.stringify({
    apiVersion: `${GROUP}/v1alpha1`,
    kind: "ArmadaChart",
    metadata: { name, namespace },
    spec: { release: name, source: { type: "local", location: "/opt/armada/helm-charts/x" } },
  });

beforeAll(async () => {
  site = await createChartSite(async () => undefined);
  for (const namespace of ["site", "elsewhere"]) await kubectl("create", "namespace", namespace);
  for (const [person, role] of Object.entries(PEOPLE))
    await kubectl("-n", "site", "create", "rolebinding", person, `--clusterrole=${role}`, `--user=${person}`);
}, 60_000);

afterAll(() => site?.stop(), 30_000);

test("without the roles nobody has rights by those of Kubernetes", async () => {
  for (const person of Object.keys(PEOPLE)) expect(await rightsOf(person, "site")).toEqual({});
});

describe("with deploy/optional/users.yaml", () => {
  beforeAll(async () => {
    await kubectl("apply", "--server-side", "-f", join(repository, "deploy/optional/users.yaml"));
    await eventually("roles are aggregated", async () => {
      for (const person of Object.keys(PEOPLE)) expect(Object.keys(await rightsOf(person, "site"))).toHaveLength(KINDS.length);
    });
  });

  test.each<[Person, string]>([
    ["vera", SEE],
    ["ed", CHANGE],
    ["ada", CHANGE],
  ])("%s may do so much in the namespace, to objects and not to their status, and nothing elsewhere", async (person, verbs) => {
    expect(await rightsOf(person, "site")).toEqual(all(verbs));
    expect(await rightsOf(person, "elsewhere")).toEqual({});
  });

  test("an editor creates, changes and deletes a chart; not its status, nor one elsewhere, nor the definitions", async () => {
    const as = (...args: readonly string[]): Promise<string> => kubectl("--as", "ed", ...args);
    await site.cluster.kubectl(["--as", "ed", "apply", "-f", "-"], chart("web", "site"));
    await as("-n", "site", "patch", "act/web", "--type=merge", "-p", '{"spec":{"suspend":true}}');
    const status = ["--subresource=status", "--type=merge", "-p", '{"status":{"satisfied":true}}'];
    await expect(as("-n", "site", "patch", "act/web", ...status)).rejects.toThrow(/User "ed" cannot (?:get|patch) resource "armadacharts\/status"/);
    const elsewhere = site.cluster.kubectl(["--as", "ed", "create", "-f", "-"], chart("web", "elsewhere"));
    await expect(elsewhere).rejects.toThrow(/User "ed" cannot create resource "armadacharts"/);
    await expect(as("get", "crd", `armadacharts.${GROUP}`)).rejects.toThrow(/orbidden/);
    await expect(as("get", "act", "-A")).rejects.toThrow(/User "ed" cannot list resource "armadacharts" .* at the cluster scope/);
    expect(await kubectl("--as", "vera", "-n", "site", "get", "act", "-o", "name")).toBe(`armadachart.${GROUP}/web\n`);
    const seen = site.cluster.kubectl(["--as", "vera", "create", "-f", "-"], chart("other", "site"));
    await expect(seen).rejects.toThrow(/User "vera" cannot create resource "armadacharts"/);
    await as("-n", "site", "delete", "act/web", "--timeout=20s");
  });

  test("the roles alone give a user who is bound to armada-editor nothing else", async () => {
    await kubectl("-n", "site", "create", "rolebinding", "eve", "--clusterrole=armada-editor", "--user=eve");
    expect(await rightsOf("eve", "site")).toEqual(all(CHANGE));
    for (const [verb, resource] of [
      ["get", "secrets"],
      ["create", "pods"],
      ["impersonate", "serviceaccounts"],
      ["create", "rolebindings"],
    ] as const)
      await expect(kubectl("--as", "eve", "-n", "site", "auth", "can-i", verb, resource)).rejects.toThrow();
  });
});
