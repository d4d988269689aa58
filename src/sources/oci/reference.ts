import { quote, redactUrl } from "../net/remote-url.ts";
import type { SourceSpec } from "../source.ts";
import { notAllowed } from "../errors.ts";

/** What a chart in a registry is called. */
export interface OciReference {
  /** Host and port of the registry's API. */
  readonly host: string;
  /** `library/chart`. */
  readonly repository: string;
  /** Tag or digest; undefined: the newest version. */
  readonly reference: string | undefined;
}

const LOCATION = /^oci:\/\/(?<host>[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?|\[[0-9a-fA-F:.]+\](?::[0-9]{1,5})?)\/(?<rest>[^?#]*)$/;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Names of Docker Hub. Its API answers at another one. */
const HUB = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);
const HUB_API = "registry-1.docker.io";

/**
 * Reads `oci://host/repository` with the tag or digest that stands in `source.reference`, or in the location itself as helm allows.
 * @throws {SourceError}
 */
export const parseOciReference = ({ location, reference }: Pick<SourceSpec, "location" | "reference">): OciReference => {
  const what = `source.location ${quote(redactUrl(location))}`;
  const { host, repository, own } = parseLocation(location, what);
  if (own !== undefined && reference !== undefined && tagOf(own) !== tagOf(reference))
    throw notAllowed(`${what} has the reference ${quote(own)} and source.reference is ${quote(reference)}: set only one of them`);
  return { host, repository, reference: parseWanted(reference ?? own) };
};

/** `own`: tag or digest that stands in it. */
const parseLocation = (location: string, what: string) => {
  const { host = "", rest = "" } = LOCATION.exec(location)?.groups ?? {};
  const [path = "", digest] = rest.split("@");
  const [repository = "", ...tag] = path.split(":");
  if (host === "" || !isRepository(repository)) throw notAllowed(`${what} is not the URL of a chart in a registry: use oci://HOST/PATH/CHART`);
  return { host: apiHost(host), repository, own: digest ?? (tag.length === 0 ? undefined : tag.join(":")) };
};

const isRepository = (path: string): boolean => path.length <= 255 && path.split("/").every((part) => COMPONENT.test(part));

const parseWanted = (wanted: string | undefined): string | undefined => {
  if (wanted === undefined) return undefined;
  if (DIGEST.test(wanted) || TAG.test(tagOf(wanted))) return tagOf(wanted);
  throw notAllowed(`source.reference ${quote(wanted)} is neither a tag nor a digest (sha256: and 64 hex digits)`);
};

/** Helm writes the `+` of a version as `_` in a tag. */
export const tagOf = (version: string): string => version.replaceAll("+", "_");

const apiHost = (host: string): string => (HUB.has(host.toLowerCase()) ? HUB_API : host.toLowerCase());

/**
 * User and password for a repository among those of a dockerconfigjson: the longest matching path, as `docker` and the kubelet write them
 * (`host`, `host:port/path`, `https://host/v1/`, `*.host`).
 */
export const registryLogin = <T>(registries: Readonly<Record<string, T>> | undefined, { host, repository }: OciReference): T | undefined => {
  const matches = Object.entries(registries ?? {}).flatMap(([key, login]) => {
    const [keyHost = "", ...path] = key
      .replace(/^https?:\/\//, "")
      .replace(/\/(?:v[12]\/?)?$/, "")
      .split("/");
    const prefix = path.join("/");
    const fits = isHost(apiHost(keyHost), host) && (prefix === "" || repository === prefix || repository.startsWith(`${prefix}/`));
    return fits ? [{ length: prefix.length, exact: apiHost(keyHost) === host, login }] : [];
  });
  return matches.toSorted((a, b) => Number(b.exact) - Number(a.exact) || b.length - a.length)[0]?.login;
};

/** `*` stands for one label. */
const isHost = (pattern: string, host: string): boolean => {
  const [labels, parts] = [pattern.split("."), host.split(".")];
  return labels.length === parts.length && labels.every((label, index) => label === "*" || label === parts[index]);
};
