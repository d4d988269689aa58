import { posix } from "node:path";
import { trimEnd } from "../../base/text.ts";
import { quote, redactUrl } from "../net/remote-url.ts";
import type { Requirement } from "../chart/requirements.ts";
import type { Credentials, SourceSpec } from "../source.ts";
import { notAllowed, unsupported } from "../errors.ts";
import { parseVersion } from "../chart/version.ts";
import { factsOf, isSourceType, type SourceTypeFacts } from "../types.ts";

/** Where a chart came from: a source, and the folder inside of what that gave. */
export interface Home {
  readonly spec: SourceSpec;
  /** Empty for the chart that the source itself names. */
  readonly inside: string;
}

export type DependencyPlace =
  /** `file://`, in the folder that the source gave. */
  | { readonly kind: "inside"; readonly home: Home }
  /** `file://`, elsewhere in the same repository, archive or chart root. */
  | { readonly kind: "beside"; readonly home: Home }
  /** A repository or a registry. */
  | { readonly kind: "elsewhere"; readonly spec: SourceSpec };

/**
 * Where the chart of a dependency is.
 * @param what Begins the messages: `dependency "common" of chart "web"`.
 * @throws {SourceError}
 */
export const placeOf = (dependency: Requirement, home: Home, what: string): DependencyPlace => {
  const { repository } = dependency;
  if (repository.startsWith("file://")) return fileAt(repository.slice("file://".length), home, `${what}: ${quote(repository)}`);
  if (/^(?:https?|oci):\/\//.test(repository)) return { kind: "elsewhere", spec: remoteSpec(dependency, home.spec) };
  if (repository === "")
    throw notAllowed(
      `${what} has no repository and is not in charts/: put it there, set its repository, or list an ArmadaChart in spec.dependencies`,
    );
  const shown = quote(redactUrl(repository));
  if (/^(?:@|alias:)/.test(repository))
    throw notAllowed(
      `${what} uses repository ${quote(repository)}, but the operator has no named repositories: use its URL, or put the chart in charts/`,
    );
  throw unsupported(`${what} uses repository ${shown}, which is not a URL: use file://, https://, http:// or oci://`);
};

/** One word for one chart, however it was reached. */
export const homeKey = ({ spec, inside }: Home): string => {
  const isPath = extentOf(spec) === "roots";
  const path = posix.join(...(isPath ? [spec.location, spec.subpath] : [spec.subpath]), inside).replace(/\/+$/, "");
  return JSON.stringify([spec.type, isPath ? "" : spec.location, path]);
};

const extentOf = ({ type }: SourceSpec): SourceTypeFacts["extent"] => (isSourceType(type) ? factsOf(type).extent : "chart");

const fileAt = (path: string, home: Home, what: string): DependencyPlace => {
  const { spec, inside } = home;
  const extent = extentOf(spec);
  if (extent === "roots") return { kind: "beside", home: besideLocal(path, spec, what) };
  if (path.startsWith("/")) throw notAllowed(`${what} is an absolute path: use a path relative to the chart`);
  // Beneath the chart an archive may have a folder that no path names.
  const below = posix.join(inside, path);
  if (extent !== "repository" && !climbs(below)) return { kind: "inside", home: { spec, inside: below === "." ? "" : below.replace(/\/+$/, "") } };
  const subpath = posix.join(spec.subpath, inside, path);
  const whole = extent === "repository" ? "repository" : "archive";
  if (climbs(subpath) || extent === "chart") throw notAllowed(`${what} is outside the ${whole}: put the chart there, or in charts/`);
  return { kind: "beside", home: { spec: sameSource(spec, { subpath }), inside: "" } };
};

/** Absolute locations may lead to another chart root; the source judges them. */
const besideLocal = (path: string, spec: SourceSpec, what: string): Home => {
  const location = path.startsWith("/") ? posix.normalize(path) : posix.join(spec.location, spec.subpath, path);
  if (climbs(location)) throw notAllowed(`${what} is outside the chart roots: put the chart there, or in charts/`);
  return { spec: sameSource(spec, { location, subpath: "." }), inside: "" };
};

const climbs = (path: string): boolean => path === ".." || path.startsWith("../");

/** Pins and signatures were those of the chart itself. */
const sameSource = (spec: SourceSpec, place: Partial<SourceSpec>): SourceSpec => ({ ...spec, ...place, digest: undefined, verify: undefined });

const remoteSpec = ({ name, version, repository }: Requirement, from: SourceSpec): SourceSpec => {
  const access = { subpath: ".", proxy: from.proxy, credentials: credentialsFor(repository, from) };
  if (!repository.startsWith("oci://")) return { ...access, type: "repo", location: repository, chart: name, version };
  const location = `${trimEnd(repository, "/")}/${name}`;
  return { ...access, type: "oci", location, ...(parseVersion(version) === undefined ? { version } : { reference: version }) };
};

/** Whoever writes a Chart.yaml could send a password anywhere: it goes to the chart's own server only; logins of registries are bound to theirs. */
const credentialsFor = (repository: string, { location, credentials }: SourceSpec): Credentials | undefined => {
  const server = serverOf(location);
  if (credentials === undefined || (server !== undefined && server === serverOf(repository))) return credentials;
  return { registries: credentials.registries, ca: credentials.ca };
};

const serverOf = (location: string): string | undefined => {
  const url = URL.canParse(location) ? new URL(location) : undefined;
  return url === undefined || url.host === "" ? undefined : `${url.protocol}//${url.host}`;
};
