import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { fieldsOf, listOf, textOf } from "../../../src/armada/readiness/fields.ts";
import { parseYaml } from "../../../src/base/json/yaml.ts";
import { eventually } from "../../testing/eventually.ts";
import { repository } from "../../testing/operator/operator.ts";
import { first, gone, has, textAt, there } from "../../testing/operator/recorder.ts";
import { Site, type Namespace } from "../../testing/estate/site.ts";
import { normalised, tablesOf } from "../../testing/estate/tables.ts";

let site: Site;

beforeAll(async () => {
  site = await Site.start();
}, 60_000);

afterAll(async () => site?.stop(), 30_000);

const folder = (name: string): string => join(repository, "examples", name);
const tables = async (name: string): Promise<readonly string[]> => tablesOf(await readFile(join(folder(name), "README.md"), "utf8"));

const shows = (namespace: Namespace, table: string | undefined): Promise<void> =>
  eventually("kubectl get shows the table of the README", async () => {
    expect(normalised(await namespace.kubectl(["get", "act,acg,amf"]))).toBe(table);
  });

const endsInItsTable = async (namespace: Namespace, name: string): Promise<void> => shows(namespace, (await tables(name)).at(-1));

const isEmpty = (namespace: Namespace): Promise<void> =>
  eventually("no release, object or resource is left", async () => {
    expect(await namespace.names("act,acg,amf,deploy,rs,pod,svc,ing,secret")).toEqual([]);
  });

const releaseSecrets = (namespace: Namespace): Promise<readonly string[]> => namespace.names("secret", "owner=helm");

const revision = async (namespace: Namespace, chart: string): Promise<string | undefined> =>
  textAt(await namespace.get(`act/${chart}`), "status.release.revision");

/** Revisions of things that happened one after the other. */
const inOrder = (...revisions: readonly number[]): void => expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));

/** When the last of the release's `replicas` pods was ready (seen after `after`). */
const podsReady = (namespace: Namespace, release: string, replicas: number, after = 0): Promise<number> =>
  eventually(`${String(replicas)} pods of ${release} are ready`, () => {
    const moments = namespace
      .history()
      .filter(({ what, revision: at }) => at > after && what.startsWith(`Pod ${release}-testchart-`))
      .filter(({ type, object }) => type !== "DELETED" && isReadyPod(object));
    const firsts = new Map(moments.toReversed().map(({ what, revision: at }) => [what, at]));
    const times = [...firsts.values()].sort((a, b) => a - b);
    expect(times.length).toBeGreaterThanOrEqual(replicas);
    return times[replicas - 1] ?? 0;
  });

const isReadyPod = (pod: unknown): boolean =>
  listOf(fieldsOf(fieldsOf(pod)["status"])["conditions"]).some((condition) => {
    const { type, status } = fieldsOf(condition);
    return type === "Ready" && status === "True";
  });

describe("examples/armada", () => {
  let namespace: Namespace;

  test("ends in its table, all at once, and releases have names without prefix", async () => {
    namespace = await site.namespace("armada");
    await namespace.kubectl(["apply", "-f", folder("armada")]);
    await endsInItsTable(namespace, "armada");
    expect(await releaseSecrets(namespace)).toEqual(["secret/sh.helm.release.v1.blog-1.v1", "secret/sh.helm.release.v1.blog-2.v1"]);
    const deployments = [...(await namespace.names("deploy")), ...(await namespace.names("svc"))];
    expect(deployments).toEqual(
      ["blog-1", "blog-2"].map((name) => `deployment.apps/${name}-testchart`).concat(["service/blog-1-testchart", "service/blog-2-testchart"]),
    );
  }, 60_000);

  test("puts a deleted Deployment back without a new revision", async () => {
    const before = await namespace.get("deploy/blog-1-testchart");
    await namespace.kubectl(["delete", "deploy", "blog-1-testchart"]);
    await eventually("the Deployment is back", async () => {
      const { uid } = fieldsOf(fieldsOf(await namespace.get("deploy/blog-1-testchart"))["metadata"]);
      expect(uid).not.toBe(fieldsOf(fieldsOf(before)["metadata"])["uid"]);
    });
    await endsInItsTable(namespace, "armada");
    expect(await revision(namespace, "blog-1")).toBe("1");
    expect(await releaseSecrets(namespace)).toEqual(["secret/sh.helm.release.v1.blog-1.v1", "secret/sh.helm.release.v1.blog-2.v1"]);
  }, 60_000);

  test("leaves nothing behind when it is deleted", async () => {
    await namespace.kubectl(["delete", "-f", folder("armada"), "--timeout=50s"]);
    await isEmpty(namespace);
  }, 60_000);
});

describe("examples/stepbystep", () => {
  test.each([
    ["parents before children", ["simple-armada", "blog-group", "blog-1", "blog-2"]],
    ["children before parents", ["blog-2", "blog-1", "blog-group", "simple-armada"]],
    ["a group between its charts", ["blog-1", "simple-armada", "blog-group", "blog-2"]],
    ["a manifest between chart and group", ["blog-2", "simple-armada", "blog-1", "blog-group"]],
  ])(
    "ends in its table when applied with %s",
    async (order, files) => {
      const namespace = await site.namespace(order.replaceAll(" ", "-"));
      for (const file of files) await namespace.kubectl(["apply", "-f", join(folder("stepbystep"), `${file}.yaml`)]);
      await endsInItsTable(namespace, "stepbystep");
    },
    60_000,
  );

  test("has parents that name the member they wait for", async () => {
    const namespace = await site.namespace("waiting");
    const waits = (object: string, reason: string, sentence: string) =>
      eventually(`${object} says what it waits for`, async () => {
        expect(await namespace.get(object)).toMatchObject({ status: { reason, satisfied: false, waiting_for: expect.stringContaining(sentence) } });
      });
    await namespace.kubectl(["apply", "-f", join(folder("stepbystep"), "simple-armada.yaml")]);
    await waits("amf/simple-armada", "WaitingForMember", "ArmadaChartGroup blog-group to be created");
    await namespace.kubectl(["apply", "-f", join(folder("stepbystep"), "blog-group.yaml")]);
    await waits("acg/blog-group", "WaitingForMember", "ArmadaChart blog-1 to be created");
    await namespace.kubectl(["apply", "-f", join(folder("stepbystep"), "blog-1.yaml")]);
    await waits("acg/blog-group", "WaitingForMember", "ArmadaChart blog-2 to be created");
    await namespace.kubectl(["apply", "-f", join(folder("stepbystep"), "blog-2.yaml")]);
    await endsInItsTable(namespace, "stepbystep");
  }, 60_000);
});

describe("examples/sequenced", () => {
  let namespace: Namespace;

  test("ends in its table, and helm starts for blog-2 only when blog-1's pods are ready", async () => {
    namespace = await site.namespace("sequenced");
    await namespace.kubectl(["apply", "-f", folder("sequenced")]);
    await endsInItsTable(namespace, "sequenced");
    const ready = await podsReady(namespace, "blog-1", 2);
    const deployed = await namespace.when("ArmadaChart blog-1", has("status.actual_state", "deployed"));
    const enabled = await namespace.when("ArmadaChart blog-2", has("spec.target_state", "deployed"));
    const installing = await namespace.when("ArmadaChart blog-2", has("status.reason", "Installing"));
    const released = await namespace.when("Secret sh.helm.release.v1.blog-2.v1", there);
    inOrder(ready, deployed, enabled, installing, released);
  }, 60_000);

  test.each(["blog-1", "blog-2"])("has the group as the controller owner of %s", async (name) => {
    const owner = { kind: "ArmadaChartGroup", name: "blog-group", controller: true, blockOwnerDeletion: true };
    expect(await namespace.get(`act/${name}`)).toMatchObject({ metadata: { ownerReferences: [owner] } });
  });

  test("keeps the order when both are upgraded in one go", async () => {
    const values = { podAnnotations: { changed: "yes" } };
    const charts = await Promise.all(["blog-1", "blog-2"].map((name) => readFile(join(folder("sequenced"), `${name}.yaml`), "utf8")));
    const changed = charts.map(parseYaml).map((chart) => withValues(chart, values));
    await namespace.apply(changed);
    await eventually("both are upgraded", async () => {
      expect([await revision(namespace, "blog-1"), await revision(namespace, "blog-2")]).toEqual(["2", "2"]);
    });
    await endsInItsTable(namespace, "sequenced");
    const upgraded = await namespace.when("Secret sh.helm.release.v1.blog-1.v2", there);
    const ready = await podsReady(namespace, "blog-1", 2, upgraded);
    const deployed = await namespace.when("ArmadaChart blog-1", has("status.actual_state", "deployed"), upgraded);
    const upgrading = await namespace.when("ArmadaChart blog-2", has("status.reason", "Upgrading"));
    const released = await namespace.when("Secret sh.helm.release.v1.blog-2.v2", there);
    inOrder(upgraded, ready, deployed, upgrading, released);
  }, 60_000);

  test("is removed in reverse when everything is deleted in the same moment", async () => {
    await namespace.kubectl(["delete", "-f", folder("sequenced"), "--wait=false"]);
    await isEmpty(namespace);
    await removedInReverse(namespace, 0);
  }, 60_000);

  test.each(["foreground", "background"])(
    "is removed in reverse by a %s deletion of the group",
    async (cascade) => {
      const own = await site.namespace(`reverse-${cascade}`);
      await own.kubectl(["apply", "-f", folder("sequenced")]);
      await endsInItsTable(own, "sequenced");
      const before = Math.max(...own.history().map(({ revision: at }) => at));
      await own.kubectl(["delete", "acg", "blog-group", `--cascade=${cascade}`, "--timeout=50s"]);
      await isEmpty(own);
      await removedInReverse(own, before);
    },
    60_000,
  );
});

/** blog-1 is whole until nothing of blog-2 is left; then the group goes last. */
const removedInReverse = async (namespace: Namespace, after: number): Promise<void> => {
  const blog1Shrinks = await namespace.when("Deployment blog-1-testchart", gone, after);
  const history = namespace.history();
  const groupGone = await namespace.when("ArmadaChartGroup blog-group", gone, after);
  const chart2Gone = first(history, "ArmadaChart blog-2", gone, after);
  const chart1Gone = await namespace.when("ArmadaChart blog-1", gone, after);
  const pods2Gone = history.filter(({ what, type }) => what.startsWith("Pod blog-2-") && type === "DELETED").map(({ revision: at }) => at);
  expect(pods2Gone.length).toBeGreaterThan(0);
  expect(Math.max(...pods2Gone)).toBeLessThan(chart2Gone);
  expect(chart2Gone).toBeLessThan(blog1Shrinks);
  expect(blog1Shrinks).toBeLessThan(chart1Gone);
  expect(chart1Gone).toBeLessThan(groupGone);
};

const withValues = (chart: unknown, values: object): unknown => {
  const object = fieldsOf(chart);
  const spec = fieldsOf(object["spec"]);
  return { ...object, spec: { ...spec, values: { ...fieldsOf(spec["values"]), ...values } } };
};

const named = ({ resource, name }: Readonly<Record<string, unknown>>): string => `${textOf(resource) ?? ""}/${textOf(name) ?? ""}`;

const takeSteps = async (namespace: Namespace, name: string): Promise<void> => {
  const steps = listOf(parseYaml(await readFile(join(folder(name), "steps/steps.yaml"), "utf8"))).map(fieldsOf);
  expect(steps.length).toBeGreaterThan(1);
  for (const { patch, until } of steps.map((step) => ({ patch: fieldsOf(step["patch"]), until: fieldsOf(step["until"]) }))) {
    await namespace.kubectl(["patch", named(patch), "--type", String(patch["type"]), "-p", JSON.stringify(patch["body"])]);
    await eventually(`${named(until)} is as the step waits for`, async () => {
      expect(textAt(await namespace.get(named(until)), textOf(until["path"]) ?? "")).toBe(until["equals"]);
    });
  }
};

describe("examples/argo", () => {
  let namespace: Namespace;

  test("stays parked, and satisfied, without a helm process", async () => {
    namespace = await site.namespace("argo");
    const runs = await site.helmRuns();
    await namespace.kubectl(["apply", "-f", folder("argo")]);
    const [parked] = await tables("argo");
    await shows(namespace, parked);
    await namespace.kubectl(["annotate", "act", "--all", "armada.airshipit.org/reconcile-requested-at=now"]);
    await eventually("a request changes nothing", async () => {
      expect(await namespace.get("act/blog-1")).toMatchObject({ status: { reconcile_requested_at: "now", actual_state: "uninitialized" } });
    });
    await shows(namespace, parked);
    expect([await releaseSecrets(namespace), await site.helmRuns()]).toEqual([[], runs]);
  }, 60_000);

  test("is brought up by the steps, one chart after the other", async () => {
    await takeSteps(namespace, "argo");
    await endsInItsTable(namespace, "argo");
    const ready = await podsReady(namespace, "blog-1", 2);
    expect(ready).toBeLessThan(await namespace.when("Secret sh.helm.release.v1.blog-2.v1", there));
  }, 60_000);
});

describe("examples/keystone/local", () => {
  let namespace: Namespace;

  test("ends in its table, and keystone's Jobs ran one after the other", async () => {
    namespace = await site.namespace("keystone");
    await namespace.kubectl(["apply", "-f", folder("keystone/local")]);
    await endsInItsTable(namespace, "keystone/local");
    const jobs = ["keystone-db-init", "keystone-db-sync", "keystone-bootstrap"];
    const moments = await Promise.all(
      jobs.flatMap((name) => [namespace.when(`Job ${name}`, there), namespace.when(`Job ${name}`, has("status.succeeded", "1"))]),
    );
    inOrder(...moments);
  }, 60_000);

  test("leaves nothing but the volumes behind when it is deleted", async () => {
    await namespace.kubectl(["delete", "-f", folder("keystone/local"), "--timeout=50s"]);
    await isEmpty(namespace);
    expect(await namespace.names("pvc")).toEqual(["persistentvolumeclaim/data-mariadb-0", "persistentvolumeclaim/data-rabbitmq-0"]);
  }, 60_000);
});

test("examples/keystone/sequenced ends in its table, group after group, with the manifest's prefix", async () => {
  const namespace = await site.namespace("keystone-sequenced");
  await namespace.kubectl(["apply", "-f", folder("keystone/sequenced")]);
  await endsInItsTable(namespace, "keystone/sequenced");
  const deployed = (name: string): Promise<number> => namespace.when(`ArmadaChart ${name}`, has("status.actual_state", "deployed"));
  const released = (name: string): Promise<number> => namespace.when(`Secret sh.helm.release.v1.armada-${name}.v1`, there);
  for (const between of ["rabbitmq", "memcached"]) {
    inOrder(await deployed("mariadb"), await released(between), await deployed(between), await released("keystone"));
  }
}, 60_000);

test("examples/keystone/argo is parked, and brought up by its steps", async () => {
  const namespace = await site.namespace("keystone-argo");
  await namespace.kubectl(["apply", "-f", folder("keystone/argo")]);
  const [parked] = await tables("keystone/argo");
  await shows(namespace, parked);
  await takeSteps(namespace, "keystone/argo");
  await endsInItsTable(namespace, "keystone/argo");
}, 60_000);

test("every unsatisfied object said what it waited for, at every moment", () => {
  expect(site.silentMoments()).toEqual([]);
});
