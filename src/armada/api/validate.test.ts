import { describe, expect, test } from "@jest/globals";
import { HeldJson } from "../../base/json/held-json.ts";
import { validateSpec } from "./validate.ts";

const source = { type: "local", location: "/charts/blog" };
const chart = (spec: object) => ({ spec: { release: "blog", source, ...spec } });

const verify = (provider: string) => ({ provider, secret_ref: { name: "keys" } });
const from = (more: object) => chart({ source: { ...source, ...more } });

/** As documents of v1 and v2 write it. */
const WAITS = [
  null,
  [],
  {},
  { job: false },
  { pod: { labels: { app: "x" }, min_ready: "50%", required: false } },
  { deployment: [{ labels: { app: "x" } }, { min_ready: 2 }], daemonset: { allow_async_updates: true }, job: null },
  [{ type: "job", namespace: "elsewhere", condition: "complete", delay: 5, min_ready: "1" }],
] as const;

const WAIT_DEMAND =
  "it must be a list of entries with type, labels, min_ready and required, or a map from type (pod, job, deployment, daemonset, statefulset) to such an entry, to a list of them, or to false; labels are strings, min_ready is a whole number or a string, required is true or false.";

describe("validateSpec", () => {
  test.each([
    ["the least a chart must say", "ArmadaChart", chart({}), []],
    [
      "min_ready as a number or a part",
      "ArmadaChart",
      chart({
        wait: {
          resources: [
            { type: "pod", min_ready: 1 },
            { min_ready: "50%", required: false },
          ],
        },
      }),
      [],
    ],
    ...WAITS.map((resources) => [`wait.resources ${JSON.stringify(resources)}`, "ArmadaChart", chart({ wait: { resources } }), []] as const),
    ["the list by another name", "ArmadaChart", chart({ wait: { resources_list: [{ type: "job", required: true }] } }), []],
    ["actions before an upgrade", "ArmadaChart", chart({ upgrade: { pre: { cleanup: true, update_crd: true, delete: [] } } }), []],
    ["no test", "ArmadaChart", chart({ test: null }), []],
    ["test as a boolean", "ArmadaChart", chart({ test: true }), []],
    ["test as an object", "ArmadaChart", chart({ test: { enabled: true, timeout: 300, options: { cleanup: true } } }), []],
    ["protected: {}", "ArmadaChart", chart({ protected: {} }), []],
    ["a chart of a Helm repository", "ArmadaChart", from({ type: "repo", chart: "blog", version: "1.x", verify: verify("cosign") }), []],
    ["a tag in a registry, with an empty version", "ArmadaChart", from({ type: "oci", reference: "1.0.0", version: "", chart: "" }), []],
    ["what is empty where it would do nothing", "ArmadaChart", from({ version: "", chart: "" }), []],
    ["a group", "ArmadaChartGroup", { spec: { chart_group: ["a", "a"], sequenced: true } }, []],
    ["a manifest", "ArmadaManifest", { spec: { chart_groups: [], release_prefix: "armada" } }, []],
  ] as const)("accepts %s", (_, kind, object, expected) => {
    expect(validateSpec(kind, object)).toEqual(expected);
  });

  test.each([
    [
      "test as a string",
      "ArmadaChart",
      chart({ test: "yes" }),
      'spec.test is "yes", but it must be true, false, or an object with enabled (boolean), timeout (seconds, 0 or more) and options.cleanup (boolean).',
    ],
    [
      "a bad member of test",
      "ArmadaChart",
      chart({ test: { enabled: "yes" } }),
      "spec.test is an object, but it must be true, false, or an object with enabled (boolean), timeout (seconds, 0 or more) and options.cleanup (boolean).",
    ],
    [
      "an unknown state",
      "ArmadaChart",
      chart({ target_state: "on" }),
      'spec.target_state is "on", but it must be one of uninitialized, deployed, uninstalled.',
    ],
    [
      "a target of parents that is no state",
      "ArmadaChartGroup",
      { spec: { chart_group: [], target_state: "deploy" } },
      'spec.target_state is "deploy", but it must be one of uninitialized, deployed, uninstalled.',
    ],
    ["a negative timeout", "ArmadaChart", chart({ wait: { timeout: -1 } }), "spec.wait.timeout is -1, but it must be at least 0."],
    ["a timeout in words", "ArmadaChart", chart({ timeout: "15m" }), 'spec.timeout is "15m", but it must be a whole number.'],
    ["half a second", "ArmadaChart", chart({ timeout: 0.5 }), "spec.timeout is 0.5, but it must be a whole number."],
    [
      "a missing location",
      "ArmadaChart",
      { spec: { release: "a", source: { type: "local" } } },
      "spec.source.location is missing: it must be a string.",
    ],
    [
      "an empty location",
      "ArmadaChart",
      chart({ source: { type: "local", location: "" } }),
      'spec.source.location is "", but it must have at least 1 character.',
    ],
    [
      "a release name that helm refuses",
      "ArmadaChart",
      chart({ release: "Blog_1" }),
      'spec.release is "Blog_1", but spec.release must be a name that helm accepts: at most 53 lower case letters, digits, - and ., with a letter or digit at both ends, e.g. blog-1.',
    ],
    [
      "a long release name",
      "ArmadaChart",
      chart({ release: "a".repeat(54) }),
      `spec.release is "${"a".repeat(54)}", but it must have at most 53 characters.`,
    ],
    ["min_ready as a list", "ArmadaChart", chart({ wait: { resources: [{ min_ready: [] }] } }), `spec.wait.resources is a list, but ${WAIT_DEMAND}`],
    [
      "a kind of object as text",
      "ArmadaChart",
      chart({ wait: { resources: { pod: "yes" } } }),
      `spec.wait.resources is an object, but ${WAIT_DEMAND}`,
    ],
    ["wait.resources as text", "ArmadaChart", chart({ wait: { resources: "pod" } }), `spec.wait.resources is "pod", but ${WAIT_DEMAND}`],
    [
      "a Helm repository without a chart's name",
      "ArmadaChart",
      from({ type: "repo" }),
      "spec.source.chart is missing: it must name a chart of the Helm repository, because spec.source.type is repo.",
    ],
    [
      "an empty name of a chart in a Helm repository",
      "ArmadaChart",
      from({ type: "repo", chart: "" }),
      'spec.source.chart is "", but it must name a chart of the Helm repository, because spec.source.type is repo.',
    ],
    [
      "a chart by name in a git repository",
      "ArmadaChart",
      from({ type: "git", chart: "blog" }),
      'spec.source.chart is "blog", but it must be absent unless spec.source.type is repo: only a Helm repository has charts by name.',
    ],
    [
      "a version of a folder",
      "ArmadaChart",
      from({ version: "1.x" }),
      'spec.source.version is "1.x", but it must be absent unless spec.source.type is repo or oci: git takes spec.source.reference, a folder or an archive is one version.',
    ],
    [
      "a tag and a range of versions",
      "ArmadaChart",
      from({ type: "oci", reference: "1.0.0", version: "1.x" }),
      'spec.source.version is "1.x", but it must be absent where spec.source.reference says which chart of the registry is meant.',
    ],
    [
      "a signature in a git repository",
      "ArmadaChart",
      from({ type: "git", verify: verify("provenance") }),
      "spec.source.verify is an object, but it must be absent unless spec.source.type is tar, repo or oci: nothing else is signed.",
    ],
    [
      "a signature of cosign beside an archive",
      "ArmadaChart",
      from({ type: "tar", verify: verify("cosign") }),
      'spec.source.verify.provider is "cosign", but it must be provenance where spec.source.type is tar: cosign signs in registries only.',
    ],
    ["values that are a string, without repeating it", "ArmadaChart", chart({ values: "hunter2" }), "spec.values must be an object."],
    ["a nameless member", "ArmadaChartGroup", { spec: { chart_group: [""] } }, 'spec.chart_group[0] is "", but it must have at least 1 character.'],
    ["no spec", "ArmadaManifest", {}, "spec is missing: it must be an object."],
    ["an unknown kind", "ArmadaShip", {}, 'kind is "ArmadaShip", but it must be one of ArmadaChart, ArmadaChartGroup, ArmadaManifest.'],
  ] as const)("refuses %s in one sentence", (_, kind, object, expected) => {
    expect(validateSpec(kind, object)).toEqual([expected]);
  });
});

test.each([
  ["values that are large", "values", new HeldJson("[]", 3), []],
  ["as many values as are taken", "values", new HeldJson(`[${"{},".repeat(149_998)}1]`, 3), []],
  [
    "more values than are taken",
    "values",
    new HeldJson(`[${"{},".repeat(150_000)}"a,b"]`, 3),
    ["spec.values holds 150002 values, but the limit is 150000: remove what is not needed."],
  ],
  ["values nested too deep", "values", new HeldJson("", 9000), ["spec.values is nested 9000 levels deep, but the limit is 500: reduce the nesting."]],
  ["another field that is large", "wait", new HeldJson("{}", 3), ["spec.wait holds more than 10000 values: leave out what is not needed."]],
])("of %s", (_title, field, value, problems) => {
  const spec = { release: "a", source: { type: "local", location: "/opt/armada/helm-charts/a" }, [field]: value };
  expect(validateSpec("ArmadaChart", { spec })).toEqual(problems);
});
