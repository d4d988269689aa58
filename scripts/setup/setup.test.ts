import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Pin } from "../../src/local/control-plane/places.mjs";

// Set-up is plain JavaScript without declarations: it runs before anything is installed.
interface SetUp {
  readonly packagesMatch: (lock: unknown, installed: unknown) => boolean;
  readonly pathWithoutPackages: (path: string) => string;
  readonly parseVersion: (text: string) => readonly number[] | undefined;
  readonly isAccepted: (pin: Pin, answer: string, options: { readonly explicit: boolean }) => boolean;
  readonly isNewEnough: (goVersion: string) => boolean;
  readonly recipes: Readonly<Record<string, unknown>>;
  readonly wrapperGoMod: (recipe: unknown, options: { readonly version: string; readonly goVersion: string; readonly goMod: string }) => string;
  readonly linkerFlags: (recipe: unknown, version: string) => string;
  readonly progressText: (progress: {
    readonly what: string;
    readonly compiled: number;
    readonly downloaded: number;
    readonly elapsedMs: number;
  }) => string;
  readonly completeLock: (lock: unknown) => { readonly added: readonly string[]; readonly lock: unknown };
  readonly serversFor: (event: string) => readonly string[];
  readonly withLock: <T>(lock: string, say: (line: string) => void, action: () => Promise<T>) => Promise<T>;
}

const load = async (): Promise<SetUp> => {
  const names = ["packages", "versions", "go", "recipes", "progress", "lock-file", "lock", "servers"];
  const modules = await Promise.all(names.map((name) => import(new URL(`../../scripts/setup/${name}.mjs`, import.meta.url).href)));
  return Object.assign({}, ...modules);
};

const setUp = await load();

const lock = {
  packages: {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b-linux-x64": { version: "2.0.0", optional: true },
    "node_modules/b-win32-x64": { version: "2.0.0", optional: true },
  },
};
const present = { "node_modules/a": { version: "1.0.0" }, "node_modules/b-linux-x64": { version: "2.0.0" } };

test.each([
  ["nothing is installed", undefined, false],
  ["all is there but packages of other platforms", { packages: present }, true],
  ["a version differs", { packages: { ...present, "node_modules/a": { version: "1.0.1" } } }, false],
  ["a package is missing", { packages: { "node_modules/b-linux-x64": { version: "2.0.0" } } }, false],
  ["an optional package has another version", { packages: { ...present, "node_modules/b-linux-x64": { version: "1.9.0" } } }, false],
  ["there is one too many", { packages: { ...present, "node_modules/c": { version: "1.0.0" } } }, false],
])("packagesMatch when %s", (_, installed, expected) => {
  expect(setUp.packagesMatch(lock, installed)).toBe(expected);
});

test("pathWithoutPackages leaves the folders of no node_modules out", () => {
  expect(setUp.pathWithoutPackages("/x/node_modules/.bin:/usr/bin:/y/node_modules/.bin:/bin")).toBe("/usr/bin:/bin");
});

test.each([
  ["Kubernetes v1.36.3", [1, 36, 3]],
  ["etcd Version: 3.7.3\nGit SHA: Not provided", [3, 7, 3]],
  ["kwok version v0.8.0 go1.26.8 (linux/amd64)", [0, 8, 0]],
  ["Client Version: v1.36.3\nKustomize Version: v5.8.1", [1, 36, 3]],
  ["v3.22", [3, 22, 0]],
  ["v3.22.0+gabc", [3, 22, 0]],
  ["nothing", undefined],
])("parseVersion reads %j", (text, expected) => {
  expect(setUp.parseVersion(text)).toEqual(expected);
});

const minor: Pin = { version: "1.36.3", tools: [], accepts: "minor" };
const major: Pin = { version: "3.7.3", tools: [], accepts: "major" };

test.each([
  ["our own in the pinned version", minor, "v1.36.3", false, true],
  ["our own in another patch version", minor, "v1.36.2", false, false],
  ["a given one in another patch version", minor, "v1.36.9", true, true],
  ["a given one in another minor version", minor, "v1.31.0", true, false],
  ["a given one in another minor version that the pin allows", major, "3.6.5", true, true],
  ["a given one in another major version", major, "2.3.8", true, false],
  ["one that answers nothing", minor, "", true, false],
])("isAccepted: %s", (_, pin, answer, explicit, expected) => {
  expect(setUp.isAccepted(pin, answer, { explicit })).toBe(expected);
});

test.each([
  ["go1.26.8", true],
  ["go1.27rc1", true],
  ["go2.0", true],
  ["go1.25.9", false],
  ["devel +abc", false],
])("isNewEnough(%s) is %s", (version, expected) => {
  expect(setUp.isNewEnough(version)).toBe(expected);
});

test("the wrapper of Kubernetes replaces its staging modules and no other", () => {
  const goMod = "require (\n\tk8s.io/api v0.0.0\n\tk8s.io/client-go v0.0.0\n\tk8s.io/utils v0.0.0-2026\n\tk8s.io/kube-openapi v0.0.0-2026\n)\n";
  expect(setUp.wrapperGoMod(setUp.recipes["kubernetes"], { version: "1.36.3", goVersion: "go1.26.8", goMod }).split("\n")).toEqual([
    "module armada-operator.invalid/tools",
    "",
    "go 1.26.8",
    "",
    "require k8s.io/kubernetes v1.36.3",
    "",
    "replace k8s.io/api => k8s.io/api v0.36.3",
    "replace k8s.io/client-go => k8s.io/client-go v0.36.3",
    "",
  ]);
});

test("the linker writes the version that charts and clients ask for", () => {
  expect(setUp.linkerFlags(setUp.recipes["kubernetes"], "1.36.3")).toBe(
    "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36",
  );
  expect(setUp.linkerFlags(setUp.recipes["etcd"], "3.7.3")).toBe("-s -w");
});

test("progress says what, how far and how long", () => {
  expect(setUp.progressText({ what: "kwok 0.8.0", compiled: 7, downloaded: 0, elapsedMs: 9_000 })).toBe(
    "building kwok 0.8.0: 7 packages compiled, 9 s",
  );
  expect(setUp.progressText({ what: "etcd 3.7.3", compiled: 7, downloaded: 2, elapsedMs: 65_000 })).toBe(
    "building etcd 3.7.3: 7 packages compiled, 2 modules downloaded, 1 min 05 s",
  );
});

test("completeLock adds what the registry did not have, with its platform, and only that", () => {
  const made = {
    packages: {
      "node_modules/a": {
        version: "1.0.0",
        dev: true,
        optionalDependencies: { "a-linux-x64-musl": "1.0.0", "@a/b-darwin-arm64": "1.0.0", there: "3.0.0" },
      },
      "node_modules/there": { version: "3.0.0", optional: true },
    },
  };
  const { added, lock: completed } = setUp.completeLock(made);
  expect(added).toEqual(["node_modules/a-linux-x64-musl", "node_modules/@a/b-darwin-arm64"]);
  expect(completed).toMatchObject({
    packages: {
      "node_modules/a-linux-x64-musl": { version: "1.0.0", os: ["linux"], cpu: ["x64"], libc: ["musl"], dev: true, optional: true },
      "node_modules/@a/b-darwin-arm64": { version: "1.0.0", os: ["darwin"], cpu: ["arm64"], dev: true, optional: true },
    },
  });
  expect(setUp.completeLock(completed).added).toEqual([]);
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "armada-operator-lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("withLock lets in one at a time and leaves no lock behind", async () => {
  const path = join(folder, "lock");
  const order: string[] = [];
  const enter = (name: string): Promise<void> =>
    setUp.withLock(
      path,
      () => undefined,
      async () => {
        order.push(`${name} in`);
        await readdir(folder);
        order.push(`${name} out`);
      },
    );
  await Promise.all([enter("a"), enter("b")]);
  expect(["a in,a out,b in,b out", "b in,b out,a in,a out"]).toContain(order.join());
  expect(await readdir(folder)).toEqual([]);
});

test("withLock takes the lock of a holder that died", async () => {
  const path = join(folder, "lock");
  await mkdir(path);
  await writeFile(join(path, "holder.json"), JSON.stringify({ pid: process.pid, startTime: "1" }));
  expect(
    await setUp.withLock(
      path,
      () => undefined,
      async () => existsSync(path),
    ),
  ).toBe(true);
});

test.each([
  ["prestart", ["git"]],
  ["pretest", ["git", "ssh", "sshd", "docker-registry"]],
  ["prebench", ["git"]],
])("%s provides the servers %j", (event, servers) => {
  expect(setUp.serversFor(event)).toEqual(servers);
});
