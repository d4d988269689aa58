import { describe, expect, test } from "@jest/globals";
import { installCommand, uninstallCommand, upgradeCommand } from "./argv.ts";
import type { InstallRequest, ReleaseLabels, UninstallRequest, UpgradeRequest } from "./driver.ts";

const labels: ReleaseLabels = { owner: "0c5e", inputs: "sha256.ab12", revision: 3, epoch: "7" };
const labelText =
  "armada.airshipit.org/owner=0c5e,armada.airshipit.org/inputs=sha256.ab12,armada.airshipit.org/revision=3,armada.airshipit.org/epoch=7";
const release = { namespace: "blog", name: "blog-1" };
const common = { release, timeoutMs: 300_000, chartPath: "/cache/testchart", values: {}, labels, noHooks: false };
const install: InstallRequest = { ...common, replace: false, createNamespace: false };
const upgrade: UpgradeRequest = { ...common, force: false, historyMax: 10 };
const uninstall: UninstallRequest = { release, timeoutMs: 300_000, noHooks: false, keepHistory: false };
const tail = ["--disable-openapi-validation", "--hide-notes", "--labels", labelText, "--values", "-"];
const place = ["--namespace", "blog", "--timeout", "300000ms"];

describe("a command has exactly these arguments", () => {
  test.each([
    ["install", installCommand(install), ["install", "blog-1", "/cache/testchart", ...place, ...tail]],
    [
      "install with everything",
      installCommand({ ...install, createNamespace: true, replace: true, noHooks: true, timeoutMs: 1500.5 }),
      [
        "install",
        "blog-1",
        "/cache/testchart",
        "--namespace",
        "blog",
        "--timeout",
        "1501ms",
        "--create-namespace",
        "--replace",
        "--no-hooks",
        ...tail,
      ],
    ],
    ["upgrade", upgradeCommand(upgrade), ["upgrade", "blog-1", "/cache/testchart", ...place, "--reset-values", "--history-max", "10", ...tail]],
    [
      "upgrade with everything",
      upgradeCommand({ ...upgrade, force: true, noHooks: true, historyMax: 0 }),
      ["upgrade", "blog-1", "/cache/testchart", ...place, "--reset-values", "--history-max", "0", "--force", "--no-hooks", ...tail],
    ],
    ["uninstall", uninstallCommand(uninstall), ["uninstall", "blog-1", ...place, "--debug"]],
    [
      "uninstall with everything",
      uninstallCommand({ ...uninstall, keepHistory: true, noHooks: true }),
      ["uninstall", "blog-1", ...place, "--debug", "--keep-history", "--no-hooks"],
    ],
  ])("%s", (_title, command, args) => {
    expect(command.args).toEqual(args);
  });
});

test("values go to stdin as JSON and appear in no argument", () => {
  const command = installCommand({ ...install, values: { password: "sentinel", empty: null, list: [1, "x"] } });
  expect(command.stdin).toBe('{"password":"sentinel","empty":null,"list":[1,"x"]}');
  expect(command.args.join(" ")).not.toContain("sentinel");
});

test("characters that YAML would fold or refuse are escaped in the values document", () => {
  const values = { text: "a\u2028b\u0085c\u007Fd\uFEFFe\u{1F600}" };
  const { stdin = "" } = upgradeCommand({ ...upgrade, values });
  expect(stdin).toBe(String.raw`{"text":"a\u2028b\u0085c\u007fd\ufeffe` + '\u{1F600}"}');
  expect(JSON.parse(stdin)).toEqual(values);
});

test("an uninstall reads nothing", () => {
  expect(uninstallCommand(uninstall).stdin).toBeUndefined();
});

const bad = (change: Partial<InstallRequest>) => () => installCommand({ ...install, ...change });

describe("what could be taken for an option never becomes an argument", () => {
  test.each([
    ["an option as release name", bad({ release: { namespace: "blog", name: "--post-renderer=x" } }), 'release name "--post-renderer=x" is invalid'],
    ["a release name of 54 characters", bad({ release: { namespace: "blog", name: "a".repeat(54) } }), "at most 53"],
    ["an empty release name", bad({ release: { namespace: "blog", name: "" } }), 'release name "" is invalid'],
    ["an option as namespace", bad({ release: { namespace: "-n", name: "x" } }), 'namespace "-n" is invalid'],
    ["an option as chart path", bad({ chartPath: "--repo=http://x" }), 'chart path "--repo=http://x" is invalid: give an absolute path'],
    ["a URL as chart path", bad({ chartPath: "oci://x/y" }), "give an absolute path"],
    ["a comma in a label", bad({ labels: { ...labels, owner: "a,b=c" } }), 'label armada.airshipit.org/owner cannot have the value "a,b=c"'],
    ["a label of 64 characters", bad({ labels: { ...labels, inputs: "a".repeat(64) } }), "at most 63"],
    ["a timeout of nothing", bad({ timeoutMs: 0 }), "timeout 0 is invalid: give a number of at least 1"],
    ["a timeout that is no number", bad({ timeoutMs: Number.NaN }), "timeout NaN is invalid"],
    ["a negative history limit", () => upgradeCommand({ ...upgrade, historyMax: -1 }), "history limit -1 is invalid"],
  ])("%s", (_title, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ reason: "Rejected", class: "terminal" }));
  });
});
