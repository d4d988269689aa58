import { expect, test } from "@jest/globals";
import { ENV_FILE, SETTINGS, type Setting } from "../../src/apps/operator/settings/settings.ts";
import { parseStartOptions } from "../../src/apps/start/options.ts";
import { actualState } from "../../src/armada/api/common.ts";
import { CHARTS, DEFAULT_DELETE_SECONDS, DEFAULT_HISTORY_LIMIT, DEFAULT_INTERVAL_SECONDS } from "../../src/armada/api/chart.ts";
import { DEFAULT_WAIT_SECONDS } from "../../src/armada/api/chart-wait.ts";
import { INERT } from "../../src/armada/api/inert.ts";
import { EXTRA_CONDITIONS, LEGACY_CONDITIONS, STANDARD_CONDITIONS } from "../../src/armada/conditions.ts";
import { EFFECT_REASONS } from "../../src/armada/events.ts";
import * as names from "../../src/armada/names.ts";
import { REASONS } from "../../src/armada/verdict.ts";
import { HELM_REASONS } from "../../src/helm/driver.ts";
import { createMetrics } from "../../src/apps/operator/measure/metrics.ts";
import { factsOf, SOURCE_TYPES } from "../../src/sources/types.ts";
import { codeIn, namesOf, rowsOf, section } from "./markdown.ts";
import { tokenize } from "./scan.ts";
import { files, production, read } from "./tree.ts";

const reference = read("docs/reference.md");

/** Both ways: what the code has and the page lacks, and what the page has and the code lacks. */
const compare = (heading: string, documented: readonly string[], known: readonly string[]): readonly string[] => [
  ...known.filter((name) => !documented.includes(name)).map((name) => `docs/reference.md, "${heading}": add a row for \`${name}\``),
  ...documented
    .filter((name) => !known.includes(name))
    .map((name) => `docs/reference.md, "${heading}": \`${name}\` is not in the code, remove its row`),
];

/** States that the API server takes and this program never writes. */
const LEGACY_STATES = ["unknown", "initialized"];

test.each([
  ["### States", actualState.options.filter((state) => !LEGACY_STATES.includes(state))],
  ["### Reasons", REASONS],
  ["### Conditions", [...STANDARD_CONDITIONS, ...LEGACY_CONDITIONS, ...EXTRA_CONDITIONS.map(({ type }) => type)]],
  ["### Events", EFFECT_REASONS],
  ["### Why helm failed", HELM_REASONS],
])("docs/reference.md, %s, and the code name the same things", (heading, known) => {
  expect(compare(heading, namesOf(section(reference, heading)), known)).toEqual([]);
});

test("docs/reference.md has every flag with its environment variables and its default", () => {
  const documented = rowsOf(section(reference, "## Flags"));
  const settings: readonly Setting<unknown>[] = [...Object.values(SETTINGS), ENV_FILE];
  const flags = documented.flatMap(([flag = ""]) => codeIn(flag));
  expect(compare("## Flags", flags, [...settings.map((setting) => setting.flags), "--print-config"])).toEqual([]);
  const wrong = settings.flatMap(({ flags: flag, env, fallback, otherwise }) => {
    const [, variables = "", byDefault = ""] = documented.find(([cell = ""]) => codeIn(cell).includes(flag)) ?? [];
    const expected = otherwise ?? fallback ?? "";
    return [
      ...(codeIn(variables).join() === env.join() ? [] : [`${flag}: the environment variables are ${env.join(", ")}`]),
      ...(byDefault.replaceAll("`", "") === expected ? [] : [`${flag}: the default is ${expected}`]),
    ];
  });
  expect(wrong.map((what) => `docs/reference.md, "## Flags": ${what}`)).toEqual([]);
});

test("docs/reference.md has every flag of npm start", () => {
  const parsed = parseStartOptions(["--help"], { examples: "examples", cwd: "/" });
  const known = [...("text" in parsed ? parsed.text : "").matchAll(/^ +(--[a-z]+(?: <[a-z]+>)?)/gm)].map(([, flag = ""]) => flag);
  expect(
    compare(
      "## npm start",
      rowsOf(section(reference, "## npm start")).flatMap(([flag = ""]) => codeIn(flag)),
      known,
    ),
  ).toEqual([]);
});

test("docs/reference.md has every variable of set-up", () => {
  const setUp = files.filter((file) => file.startsWith("scripts/setup/") || file === "src/local/control-plane/places.mjs").map(read);
  const known = new Set(
    setUp.flatMap((text) => text.match(/\b(?:ARMADA_[A-Z0-9_]*[A-Z0-9]|KUBEBUILDER_ASSETS|XDG_CACHE_HOME|HTTPS?_PROXY)\b/g) ?? []),
  );
  const documented = rowsOf(section(reference, "## Set-up")).flatMap(([name = ""]) => codeIn(name));
  expect(compare("## Set-up", documented, [...known, "NO_PROXY"])).toEqual([]);
});

test("docs/reference.md has every metric with its type", async () => {
  const exposed = [...(await createMetrics().expose()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => `${name} ${type}`);
  const documented = rowsOf(section(reference, "## Metrics")).map(([name = "", type = ""]) => `${codeIn(name)[0]?.split("{")[0] ?? name} ${type}`);
  expect(compare("## Metrics", documented, exposed)).toEqual([]);
});

test("metrics are named as Prometheus and Kubernetes do", async () => {
  const text = await createMetrics().expose();
  const wrong = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", type = ""]) => [
    ...((type === "counter") === name.endsWith("_total") ? [] : [`${name}: counters end with _total, and nothing else does`]),
    ...(type !== "histogram" || name.endsWith("_seconds") ? [] : [`${name}: times are in seconds, and the name says so`]),
    ...(/^[a-z]+(?:_[a-z]+)*$/.test(name) ? [] : [`${name}: small letters and underscores`]),
  ]);
  expect(wrong).toEqual([]);
});

/** Where metrics are made. */
const COUNTERS = ["src/runtime/metrics.ts", "src/apps/operator/measure/metrics.ts"];

test("every metric is counted somewhere", () => {
  const elsewhere = new Set(production.filter((file) => !COUNTERS.includes(file)).flatMap((file) => tokenize(read(file)).map(({ text }) => text)));
  const dead = Object.entries(createMetrics()).flatMap(([name, metric]) => (typeof metric === "string" || elsewhere.has(name) ? [] : [name]));
  expect(dead.map((name) => `nothing in src counts "${name}" of ${COUNTERS.join(" or ")}: count it where it happens, or remove it`)).toEqual([]);
});

/** Names of ours on objects: written out somewhere, or made from the group in names.ts. */
const marks = (): readonly string[] => {
  const named = Object.values(names).filter((value) => typeof value === "string");
  const written = production.flatMap((file) => tokenize(read(file)).flatMap(({ type, text }) => (type === "string" ? [text] : [])));
  return [...new Set([...named, ...written].filter((text) => /^armada\.airshipit\.org\/[a-z][a-z-]+$/.test(text)))].toSorted();
};

test("docs/reference.md has every annotation, label and finalizer", () => {
  const ours = namesOf(section(reference, "## Annotations, labels, finalizers")).filter((name) => name.startsWith(CHARTS.group));
  expect(compare("## Annotations, labels, finalizers", ours, marks())).toEqual([]);
});

test("docs/reference.md has every field that does nothing yet", () => {
  const known = Object.entries(INERT).flatMap(([kind, fields]) => fields.map(({ path }) => `${kind} ${path}`));
  const documented = rowsOf(section(reference, "## Fields that do nothing yet")).flatMap(([kind = "", fields = ""]) =>
    codeIn(fields).map((path) => `${codeIn(kind)[0] ?? kind} ${path}`),
  );
  expect(compare("## Fields that do nothing yet", documented, known)).toEqual([]);
});

test.each([
  ["wait.timeout", DEFAULT_WAIT_SECONDS],
  ["delete.timeout", DEFAULT_DELETE_SECONDS],
  ["source.interval", DEFAULT_INTERVAL_SECONDS],
  ["revisionHistoryLimit", DEFAULT_HISTORY_LIMIT],
])("docs/reference.md gives the default of %s", (field, value) => {
  const row = rowsOf(section(reference, "## Times and limits")).find(([first = ""]) => codeIn(first).includes(field));
  expect(row?.[1]).toMatch(new RegExp(`^${String(value)}(?: s)?$`));
});

test("docs/reference.md has every type of source, and who may have signed its charts", () => {
  const table = rowsOf(section(reference, "## Sources")).slice(0, SOURCE_TYPES.length);
  expect(table.map(([type = "", , , verify = ""]) => [codeIn(type), codeIn(verify)])).toEqual(
    SOURCE_TYPES.map((type) => [[type], factsOf(type).signedBy]),
  );
});
