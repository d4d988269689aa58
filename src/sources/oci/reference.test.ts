import { describe, expect, it } from "@jest/globals";
import { parseChallenge } from "./challenge.ts";
import { parseOciReference, registryLogin } from "./reference.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("parseOciReference", () => {
  it.each([
    ["oci://ghcr.io/org/charts/blog", "1.2.3", "ghcr.io", "org/charts/blog", "1.2.3"],
    ["oci://Registry.Example:5000/blog", undefined, "registry.example:5000", "blog", undefined],
    ["oci://r.example/a/b", "1.2.3+build.1", "r.example", "a/b", "1.2.3_build.1"],
    ["oci://r.example/a/b", DIGEST, "r.example", "a/b", DIGEST],
    ["oci://r.example/a/b:1.0.0", undefined, "r.example", "a/b", "1.0.0"],
    ["oci://r.example/a/b:1.0.0_x", "1.0.0+x", "r.example", "a/b", "1.0.0_x"],
    [`oci://r.example/a/b:1.0.0@${DIGEST}`, undefined, "r.example", "a/b", DIGEST],
    ["oci://docker.io/bitnamicharts/nginx", "1", "registry-1.docker.io", "bitnamicharts/nginx", "1"],
    ["oci://[2001:db8::1]:5000/blog", "1", "[2001:db8::1]:5000", "blog", "1"],
  ])("reads %s with %s", (location, reference, host, repository, expected) => {
    expect(parseOciReference({ location, reference })).toEqual({ host, repository, reference: expected });
  });

  it.each([
    ["", undefined],
    ["oci://", undefined],
    ["oci://host", undefined],
    ["oci://host/", undefined],
    ["oci:///blog", undefined],
    ["https://host/blog", undefined],
    ["oci://me:canary@host/blog", undefined],
    ["oci://host/../blog", undefined],
    ["oci://host/a//b", undefined],
    ["oci://host/Blog", undefined],
    ["oci://host/blog?x=canary", undefined],
    ["oci://host/blog#canary", undefined],
    ["oci://host:port/blog", undefined],
    ["oci://ho st/blog", undefined],
    ["oci://host\n/blog", undefined],
    ["oci://host%2f/blog", undefined],
    ["-oci://host/blog", undefined],
    ["oci://-x", undefined],
    ["oci://-x/blog", undefined],
    [`oci://host/${"a/".repeat(128)}b`, undefined],
    ["oci://host/blog", ""],
    ["oci://host/blog", "--plain-http"],
    ["oci://host/blog", "../../x"],
    ["oci://host/blog", "1/2"],
    ["oci://host/blog", "sha256:abc"],
    ["oci://host/blog", `sha512:${"a".repeat(128)}`],
    ["oci://host/blog", "a".repeat(129)],
    ["oci://host/blog@sha256:abc", undefined],
    ["oci://host/blog:1.0.0", "2.0.0"],
  ])("refuses %j with %j", (location, reference) => {
    const parse = () => parseOciReference({ location, reference });
    expect(parse).toThrow(expect.objectContaining({ reason: "NotAllowed", class: "terminal", message: expect.not.stringContaining("canary") }));
  });
});

describe("registryLogin", () => {
  const at = (location: string) => parseOciReference({ location, reference: undefined });

  it.each([
    [["ghcr.io"], "oci://ghcr.io/a/b", "ghcr.io"],
    [["https://ghcr.io/v1/"], "oci://ghcr.io/a/b", "https://ghcr.io/v1/"],
    [["https://index.docker.io/v1/"], "oci://docker.io/a/b", "https://index.docker.io/v1/"],
    [["r.example", "r.example/a", "r.example/a/b/c"], "oci://r.example/a/b", "r.example/a"],
    [["r.example/ab"], "oci://r.example/a/b", undefined],
    [["r.example:5000"], "oci://r.example/a", undefined],
    [["r.example"], "oci://r.example:5000/a", undefined],
    [["*.example", "r.example"], "oci://r.example/a", "r.example"],
    [["*.example"], "oci://r.example/a", "*.example"],
    [["*.example"], "oci://a.r.example/a", undefined],
    [["example"], "oci://evil-example/a", undefined],
    [[], "oci://r.example/a", undefined],
  ])("of %j takes for %s %s", (keys, location, expected) => {
    expect(registryLogin(Object.fromEntries(keys.map((key) => [key, key])), at(location))).toBe(expected);
  });
});

describe("parseChallenge", () => {
  it.each([
    ['Basic realm="x"', { scheme: "basic" }],
    ["basic", { scheme: "basic" }],
    ['Bearer realm="https://a/t",service="s",scope="repository:a:pull,push"', { scheme: "bearer", realm: "https://a/t", service: "s" }],
    ['bearer Realm="https://a/t"', { scheme: "bearer", realm: "https://a/t", service: undefined }],
    ["Bearer", undefined],
    ["Negotiate", undefined],
    ["Basically", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("reads %j", (header, expected) => {
    expect(parseChallenge(header)).toEqual(expected);
  });
});
