import { describe, expect, test } from "@jest/globals";
import { CHARTS } from "./chart.ts";
import type { ArmadaChart, ArmadaChartSpec } from "./chart.ts";
import { accountRefusal, namespaceRefusal, refusals } from "./refuse.ts";
import { apiVersionOf } from "../../runtime/object.ts";

const metadata = { name: "blog", namespace: "here", uid: "u", resourceVersion: "1" };
const chart = (spec: Partial<ArmadaChartSpec>): ArmadaChart => ({
  apiVersion: apiVersionOf(CHARTS),
  kind: CHARTS.kind,
  metadata,
  spec: { release: "blog", source: { type: "local", location: "/charts/blog" }, ...spec },
});

describe("source.auth_method", () => {
  const said = (source: Partial<ArmadaChartSpec["source"]>): readonly string[] =>
    refusals(chart({ source: { type: "git", location: "ssh://git@git.example.org/charts", ...source } }));
  const notSsh =
    ", but the source is not a git repository over ssh: remove it, or use spec.source.type git and a location ssh://user@host/path or user@host:path.";

  test.each([
    ["absent", {}],
    ["empty", { auth_method: "", location: "https://example.org/charts" }],
    ["SSH", { auth_method: "SSH" }],
    ["ssh, with user@host:path", { auth_method: "ssh", location: "git@git.example.org:charts" }],
    ["Ssh, with a scheme in capitals", { auth_method: "Ssh", location: "SSH://git.example.org/charts" }],
  ])("may be %s", (_, source) => {
    expect(said(source)).toEqual([]);
  });

  test.each([
    ["http", { auth_method: "SSH", location: "http://me:hunter2@git.example.org/charts" }, `spec.source.auth_method is "SSH"${notSsh}`],
    ["git without ssh", { auth_method: "ssh", location: "git://git.example.org/charts" }, `spec.source.auth_method is "ssh"${notSsh}`],
    ["an archive", { auth_method: "SSH", type: "tar" as const }, `spec.source.auth_method is "SSH"${notSsh}`],
    [
      "another method",
      { auth_method: "BASIC" },
      'spec.source.auth_method is "BASIC", but it must be SSH or absent: remove it, and put a user and password, or a token, in the Secret that spec.source.secret_ref names.',
    ],
  ])("is refused in one sentence, without the location, for %s", (_, source, sentence) => {
    expect(said(source)).toEqual([sentence]);
  });
});

describe("namespaceRefusal", () => {
  test.each([
    ["no namespace", undefined, false, [], undefined],
    ["an empty one", "", false, [], undefined],
    ["the object's own", "here", false, [], undefined],
    ["another one, where that is allowed", "there", true, [], undefined],
    ["another one that is watched", "there", true, ["here", "there"], undefined],
    [
      "another one, where that is denied",
      "there",
      false,
      [],
      'spec.namespace is "there", and releases in other namespaces than their ArmadaChart\'s, here "here", are off: start the operator with --cross-namespace=allow, or create the object in "there".',
    ],
    [
      "another one that nobody watches",
      "there",
      true,
      ["here"],
      'spec.namespace is "there", which is not among the namespaces that --watch-namespaces names: add it there, or choose another.',
    ],
  ] as const)("of %s", (_, namespace, crossNamespace, watched, expected) => {
    expect(namespaceRefusal(chart(namespace === undefined ? {} : { namespace }), { crossNamespace, watched })).toBe(expected);
  });
});

describe("accountRefusal", () => {
  test.each([
    [
      "an account, where charts have the operator's rights",
      undefined,
      ["here"],
      { service_account: "me" },
      /service_account is "me".*--default-service-account/,
    ],
    ["none there", undefined, ["here"], {}, undefined],
    [
      "none from elsewhere",
      undefined,
      ["ops"],
      { namespace: "ops" },
      /namespace "ops", that of the operator, and charts of other namespaces, here "here",/,
    ],
    ["an account, where there are accounts", "deployer", ["ops"], { service_account: "me" }, undefined],
    ["the default", "deployer", [], {}, undefined],
    ["the operator's namespace", "deployer", ["here"], {}, /namespace "here", that of the operator/],
    ["the operator's own account", "deployer", ["here"], { service_account: "armada-operator" }, /whose accounts no chart may use/],
    ["the operator's namespace by name", "deployer", ["ops"], { namespace: "ops" }, /namespace "ops", that of the operator/],
    ["that of its Lease", "deployer", ["ops", "leases"], { namespace: "leases" }, /namespace "leases", that of the operator/],
  ] as const)("of %s", (_, defaultServiceAccount, own, spec, expected) => {
    const said = accountRefusal(chart(spec), { defaultServiceAccount, own });
    if (expected === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(expected);
  });
});
