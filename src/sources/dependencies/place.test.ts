import { describe, expect, it } from "@jest/globals";
import { homeKey, placeOf } from "./place.ts";
import type { Credentials, SourceSpec } from "../source.ts";

const requirement = (repository: string, version = "^1") => ({
  name: "common",
  version,
  repository,
  condition: "",
  tags: [],
  enabled: false,
  importValues: [],
  alias: "",
});
const place = (repository: string, spec: Partial<SourceSpec>, { inside = "", version = "^1" } = {}) =>
  placeOf(requirement(repository, version), { spec: { type: "git", location: "https://h/r.git", subpath: ".", ...spec }, inside }, "dependency");

const local = (location: string, subpath = "."): Partial<SourceSpec> => ({ type: "local", location, subpath });
const git = (subpath: string): Partial<SourceSpec> => ({ subpath, resolved: "c0ffee", digest: "c0ffee" });
const tar = (subpath: string): Partial<SourceSpec> => ({ type: "tar", location: "https://h/a.tgz", subpath, resolved: "sha256:0" });

describe("the place of a file:// dependency", () => {
  it.each<readonly [string, Partial<SourceSpec>, string, object]>([
    ["file://../common", local("web"), "", { kind: "beside", home: { spec: { location: "common", subpath: "." }, inside: "" } }],
    ["file://../common", local("/charts", "group/web"), "", { home: { spec: { location: "/charts/group/common", subpath: "." } } }],
    ["file:///charts/common", local("web"), "", { home: { spec: { location: "/charts/common" } } }],
    ["file://../../x/common", local("/charts/web"), "", { home: { spec: { location: "/x/common" } } }],
    ["file://charts/common", local("web"), "", { home: { spec: { location: "web/charts/common" } } }],
    [
      "file://../common",
      git("charts/web"),
      "",
      { kind: "beside", home: { spec: { subpath: "charts/common", resolved: "c0ffee", digest: undefined } } },
    ],
    ["file://lib/common", git("."), "", { kind: "beside", home: { spec: { subpath: "lib/common" }, inside: "" } }],
    ["file://../common/", tar("r-1/web"), "", { kind: "beside", home: { spec: { subpath: "r-1/common/", resolved: "sha256:0" } } }],
    ["file://lib/common", tar("."), "", { kind: "inside", home: { spec: { subpath: "." }, inside: "lib/common" } }],
    ["file://../other", tar("."), "lib/common", { kind: "inside", home: { inside: "lib/other" } }],
    ["file://../../../common", tar("r-1/web"), "lib/common", { kind: "beside", home: { spec: { subpath: "r-1/common" }, inside: "" } }],
    ["file://lib/", { type: "oci" }, "", { kind: "inside", home: { inside: "lib" } }],
  ])("%s of %j, inside %j", (repository, spec, inside, expected) => {
    expect(place(repository, spec, { inside })).toMatchObject(expected);
  });

  it.each<readonly [string, Partial<SourceSpec>, string]>([
    ["file://../../common", local("web"), "is outside the chart roots"],
    ["file://../common", git("."), "is outside the repository"],
    ["file://../../common", git("web"), "is outside the repository"],
    ["file:///common", git("web"), "is an absolute path"],
    ["file://../common", tar("."), "is outside the archive"],
    ["file://../common", { type: "repo", subpath: "a/b" }, "is outside the archive"],
  ])("%s of %j is refused: it %s", (repository, spec, message) => {
    expect(() => place(repository, spec)).toThrow(message);
  });

  it("has one key, however it is reached", () => {
    const spec = { type: "tar", location: "https://h/a.tgz" };
    expect(homeKey({ spec: { ...spec, subpath: "web" }, inside: "lib/common" })).toBe(
      homeKey({ spec: { ...spec, subpath: "web/lib/common/" }, inside: "" }),
    );
    const roots = { type: "local", subpath: "web" };
    expect(homeKey({ spec: { ...roots, location: "/charts" }, inside: "" })).toBe(
      homeKey({ spec: { ...roots, location: "/charts/web", subpath: "." }, inside: "" }),
    );
  });
});

describe("the place of a dependency in a repository", () => {
  it.each<readonly [string, string, object]>([
    ["https://charts/x", "^1", { type: "repo", location: "https://charts/x", chart: "common", version: "^1", subpath: ".", proxy: "http://p" }],
    ["oci://registry/x/", "1.2.3", { type: "oci", location: "oci://registry/x/common", reference: "1.2.3" }],
    ["oci://registry/x", "^1.2", { type: "oci", location: "oci://registry/x/common", version: "^1.2" }],
  ])("%s, version %s", (repository, version, spec) => {
    expect(place(repository, { proxy: "http://p" }, { version })).toMatchObject({ kind: "elsewhere", spec });
  });

  it.each([
    ["", "has no repository and is not in charts/"],
    ["@stable", "has no named repositories: use its URL, or put the chart in charts/"],
    ["alias:stable", "has no named repositories"],
    ["stable", "is not a URL: use file://"],
    ["s3://bucket", "is not a URL"],
    ["ssh://u:secret@h/x", 'repository "ssh://h/x", which is not a URL'],
  ])("%j is refused: %s", (repository, message) => {
    expect(() => place(repository, {})).toThrow(message);
  });
});

describe("what goes along to a repository", () => {
  const login = { username: "u", password: "p" };
  const all: Credentials = { ...login, token: "t", sshKey: "k", clientCert: "c", clientKey: "k", insecure: true, ca: "ca", registries: { h: login } };

  it.each([
    ["https://h/x", "https://h/r.git", all],
    ["https://h:443/x", "https://h/r.git", all],
    ["oci://h/x", "oci://h/charts/web", all],
    ["https://h:8443/x", "https://h/r.git", { ca: "ca", registries: { h: login } }],
    ["http://h/x", "https://h/r.git", { ca: "ca", registries: { h: login } }],
    ["oci://h/x", "https://h/r.git", { ca: "ca", registries: { h: login } }],
    ["https://h/x", "ssh://h/r.git", { ca: "ca", registries: { h: login } }],
    ["https://h/x", "git@h:r.git", { ca: "ca", registries: { h: login } }],
    ["https://h/x", "web", { ca: "ca", registries: { h: login } }],
    ["https://[h/x", "web", { ca: "ca", registries: { h: login } }],
    ["https://h.evil/x", "https://h/r.git", { ca: "ca", registries: { h: login } }],
    ["https://h@evil/x", "https://h/r.git", { ca: "ca", registries: { h: login } }],
  ])("%s from %s", (repository, location, credentials) => {
    const found = place(repository, { location, credentials: all });
    expect(found.kind === "elsewhere" && found.spec.credentials).toEqual(credentials);
  });
});
