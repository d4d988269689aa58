import { isAbsolute } from "node:path";
import { jsonOf } from "../base/json/held-json.ts";
import { jsonForYaml } from "../base/json/yaml.ts";
import type { InstallRequest, ReleaseLabels, ReleaseRef, UninstallRequest, UpgradeRequest, Values } from "./driver.ts";
import { HelmError } from "./driver.ts";
import { formatLabels, isLabelValue } from "./record/labels.ts";

/** One helm process, as data. */
export interface HelmCommand {
  readonly verb: "install" | "upgrade" | "uninstall";
  readonly args: readonly string[];
  /** Values as JSON; absent when the verb reads nothing. */
  readonly stdin?: string;
}

/** Throws {@link HelmError} (`Rejected`, terminal) when a field cannot be put on a command line. */
export const installCommand = (request: InstallRequest): HelmCommand => ({
  verb: "install",
  args: [
    "install",
    nameOf(request.release),
    chartOf(request.chartPath),
    ...commonFlags(request),
    ...flag("--create-namespace", request.createNamespace),
    ...flag("--replace", request.replace),
    ...flag("--no-hooks", request.noHooks),
    ...releaseFlags(request.labels),
  ],
  stdin: valuesDocument(request.values),
});

/** Throws like {@link installCommand}. */
export const upgradeCommand = (request: UpgradeRequest): HelmCommand => ({
  verb: "upgrade",
  args: [
    "upgrade",
    nameOf(request.release),
    chartOf(request.chartPath),
    ...commonFlags(request),
    "--reset-values",
    "--history-max",
    String(whole("history limit", request.historyMax, 0)),
    ...flag("--force", request.force),
    ...flag("--no-hooks", request.noHooks),
    ...releaseFlags(request.labels),
  ],
  stdin: valuesDocument(request.values),
});

/** Throws like {@link installCommand}. */
export const uninstallCommand = (request: UninstallRequest): HelmCommand => ({
  verb: "uninstall",
  args: [
    "uninstall",
    nameOf(request.release),
    ...commonFlags(request),
    // Why an object could not be deleted stands in helm's log alone.
    "--debug",
    ...flag("--keep-history", request.keepHistory),
    ...flag("--no-hooks", request.noHooks),
  ],
});

const flag = (name: string, wanted: boolean): readonly string[] => (wanted ? [name] : []);

interface Common {
  readonly release: ReleaseRef;
  readonly timeoutMs: number;
}

const commonFlags = (request: Common): readonly string[] => [
  "--namespace",
  namespaceOf(request.release),
  "--timeout",
  `${whole("timeout", request.timeoutMs, 1)}ms`,
];

/** `--hide-notes` and helm's table instead of `-o json`: the JSON holds all values and can be megabytes, and only the revision is wanted. */
const releaseFlags = (labels: ReleaseLabels): readonly string[] => [
  "--disable-openapi-validation",
  "--hide-notes",
  "--labels",
  Object.entries(formatLabels(labels))
    .map(([key, value]) => `${key}=${labelOf(key, value)}`)
    .join(","),
  "--values",
  "-",
];

const valuesDocument = (values: Values): string => jsonForYaml(jsonOf(values));

const releaseName = /^[a-z0-9](?:[a-z0-9.-]{0,51}[a-z0-9])?$/;
const namespaceName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const nameOf = ({ name }: ReleaseRef): string => {
  if (releaseName.test(name)) return name;
  throw refused(
    `release name ${JSON.stringify(name)} is invalid: use at most 53 lowercase letters, digits, "-" and ".", starting and ending with a letter or digit`,
  );
};

const namespaceOf = ({ namespace }: ReleaseRef): string => {
  if (namespaceName.test(namespace)) return namespace;
  throw refused(
    `namespace ${JSON.stringify(namespace)} is invalid: use at most 63 lowercase letters, digits and "-", starting and ending with a letter or digit`,
  );
};

/** Absolute only: then it is neither an option nor a name that helm would look up in a repository. */
const chartOf = (path: string): string => {
  if (isAbsolute(path) && !path.includes("\0")) return path;
  throw refused(`chart path ${JSON.stringify(path)} is invalid: give an absolute path`);
};

const labelOf = (key: string, value: string): string => {
  if (isLabelValue(value)) return value;
  throw refused(`label ${key} cannot have the value ${JSON.stringify(value)}: give at most 63 letters, digits, "-", "_" and "."`);
};

const whole = (field: string, value: number, least: number): number => {
  if (Number.isFinite(value) && value >= least) return Math.ceil(value);
  throw refused(`${field} ${value} is invalid: give a number of at least ${least}`);
};

const refused = (message: string): HelmError => new HelmError(message, { reason: "Rejected", class: "terminal" });
