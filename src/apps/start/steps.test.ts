import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { group } from "../../armada/testing/estate.ts";
import { isReached, readScript, resourceNamed } from "./steps.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "armada-steps-"));
  await mkdir(join(folder, "steps"));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, content: unknown): Promise<void> => writeFile(join(folder, "steps", name), JSON.stringify(content));

const until = { resource: "armadachartgroups", name: "g", path: "status.reason", equals: "Parked" };
const patch = { resource: "armadachartgroups", name: "g", type: "merge", body: {} };

test("an example without a folder of steps has none, and its operator no further flags", async () => {
  expect(await readScript(join(folder, "none"))).toEqual({ steps: [], flags: [], servers: undefined });
});

test("a step patches or applies, in a namespace if it names one; the operator gets the flags that the example needs", async () => {
  await write("operator.yaml", { flags: ["--cross-namespace=allow"] });
  await write("steps.yaml", [
    { description: "one", patch, until },
    { description: "two", apply: "more.yaml", until: { ...until, namespace: "site" } },
  ]);
  expect(await readScript(folder)).toEqual({
    flags: ["--cross-namespace=allow"],
    servers: undefined,
    steps: [
      { description: "one", patch, until },
      { description: "two", apply: "more.yaml", until: { ...until, namespace: "site" } },
    ],
  });
});

test.each([
  ["both", { patch, apply: "more.yaml" }],
  ["neither", {}],
])("a step that does %s is refused with one sentence", async (_, what) => {
  await write("steps.yaml", [{ description: "one", until, ...what }]);
  await expect(readScript(folder)).rejects.toThrow("steps.yaml: 0: give either patch or apply");
});

const commits = [{ message: "first", charts: ["a"], tag: "v0.1.0" }];

test("an example may be served a git repository, archives, a Helm repository and a registry, to who logs in, in the place of a host", async () => {
  const servers = { port: 18_480, host: "charts.example.com", login: { username: "me", password: "pw" }, git: { branch: "main", commits } };
  await write("servers.yaml", { ...servers, archives: ["a"], repository: ["a@1.0.0", "a@1.0.1"], registry: ["a", "b-c@2.0.0"] });
  const of = (name: string, version?: string) => ({ name, version });
  const packed = { archives: [of("a")], repository: [of("a", "1.0.0"), of("a", "1.0.1")], registry: [of("a"), of("b-c", "2.0.0")] };
  expect(await readScript(folder)).toEqual({ steps: [], flags: [], servers: { ...servers, ...packed } });
});

test.each([
  ["serves nothing", { port: 18_480 }, "give git, archives, repository or registry"],
  ["has no port", { archives: ["a"] }, "port: Invalid input: expected number, received undefined"],
  ["has a port of outgoing connections", { port: 40_000, archives: ["a"] }, "port: Too big: expected number to be <=19999"],
  ["names a folder elsewhere", { port: 18_480, archives: ["../a"] }, "archives.0: name folders of helm-charts"],
  ["names a range", { port: 18_480, registry: ["a@1"] }, "registry.0: name folders of helm-charts, with a version behind @"],
  ["has a URL for a host", { port: 18_480, host: "https://a.example.com", archives: ["a"] }, "host: is no name of a host"],
  ["has no commits", { port: 18_480, git: { branch: "main", commits: [] } }, "git.commits: Too small: expected array to have >=1 items"],
  ["has a branch that is an option", { port: 18_480, git: { branch: "--x", commits } }, "git.branch: is no name for a branch or tag"],
  ["has a misspelt field", { port: 18_480, archive: ["a"] }, 'Unrecognized key: "archive"'],
])("a file of servers that %s is refused with one sentence", async (_, content, sentence) => {
  await write("servers.yaml", content);
  await expect(readScript(folder)).rejects.toThrow(`servers.yaml: ${sentence}`);
});

test("a step is reached by the object of its namespace only", () => {
  const parked = group("g", [], { status: { reason: "Parked" } });
  const step = (namespace: string) => ({ description: "one", apply: "more.yaml", until: { ...until, namespace } });
  expect(["site", "default"].map((namespace) => isReached(step(namespace), [parked], "default"))).toEqual([true, false]);
});

test("a resource that is none of ours is refused", () => {
  expect(() => resourceNamed("pods")).toThrow('steps.yaml names resource "pods"');
});
