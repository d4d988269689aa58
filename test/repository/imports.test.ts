import { posix } from "node:path";
import { expect, test } from "@jest/globals";
import { importsOf, linesWith, tokenize } from "./scan.ts";
import { files, isTest, isTestSupport, production, read } from "./tree.ts";

/** Folder of `src` → what of `src` it may import beside itself: folders, or files that are a folder's port. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  runtime: ["base"],
  kube: ["base", "runtime"],
  helm: ["base", "runtime"],
  sources: ["base"],
  local: ["base"],
  armada: ["base", "runtime", "helm/driver.ts", "helm/release.ts", "sources/source.ts", "sources/errors.ts", "sources/types.ts"],
  apps: ["base", "runtime", "kube", "helm", "sources", "local", "armada", "package.json"],
};

const imports = production.flatMap((file) => importsOf(read(file)).map((found) => ({ ...found, file })));
const resolved = imports.flatMap((found) =>
  found.from.startsWith(".") ? [{ ...found, to: posix.join(posix.dirname(found.file), found.from) }] : [],
);
const at = ({ file, line }: { readonly file: string; readonly line: number }): string => `${file}:${String(line)}`;

test("every folder of src has its directions", () => {
  const folders = new Set(production.map((file) => file.split("/")[1] ?? ""));
  expect([...folders].toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted());
});

test("imports go in the directions that src/README.md draws", () => {
  const wrong = resolved.filter(({ file, to }) => {
    const [, from = ""] = file.split("/");
    const place = to.replace(/^src\//, "");
    return ![from, ...(MAY_IMPORT[from] ?? [])].some((allowed) => place === allowed || place.startsWith(`${allowed}/`));
  });
  const report = wrong.map((found) => `${at(found)} imports ${found.to}: move what it needs, or take it as a dependency that src/apps hands in`);
  expect(report).toEqual([]);
});

/** Folder → its rooms, the lowest first; those of one line do not know each other. Files of the folder itself stand between or beside them. */
const ROOMS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  base: [["time"], ["work"], ["json", "process"]],
  runtime: [
    ["queue", "events", "cache", "leaderelection"],
    ["reconcile", "sharding"],
  ],
  helm: [["process", "record"], ["output"]],
  sources: [["net"], ["chart"], ["cache"], ["archive"], ["verify"], ["local", "git", "oci"], ["repo"], ["dependencies"]],
  armada: [["api"], ["estate", "readiness"], ["chart", "parent"]],
  "armada/chart": [["objects"], ["release"], ["facts"], ["decision"], ["chart-source"]],
  local: [["control-plane", "servers"]],
  apps: [["operator", "view"], ["start"]],
  "apps/operator": [
    ["settings", "deploy", "measure"],
    ["sources", "finalizers", "access"],
  ],
};

test.each(Object.entries(ROOMS))("the rooms of src/%s know only those below them", (folder, floors) => {
  const floorOf = (room: string): number => floors.findIndex((rooms) => rooms.includes(room));
  const roomOf = (path: string): string | undefined => {
    const [room, file] = path.startsWith(`src/${folder}/`) ? path.slice(folder.length + 5).split("/") : [];
    return file === undefined ? undefined : room;
  };
  const wrong = resolved.filter(({ file, to }) => {
    const [from, other] = [roomOf(file), roomOf(to)];
    return from !== undefined && other !== undefined && from !== other && floorOf(other) >= floorOf(from);
  });
  expect(wrong.map((found) => `${at(found)} imports ${found.to}: move what it needs down, or hand it in from above`)).toEqual([]);
  const rooms = new Set(production.flatMap((file) => roomOf(file) ?? []));
  expect([...rooms].toSorted()).toEqual(floors.flat().toSorted());
});

test("nothing that runs imports a test or a fake", () => {
  const wrong = resolved.filter(({ to }) => isTest(to) || isTestSupport(to) || to.startsWith("test/"));
  expect(wrong.map((found) => `${at(found)} imports ${found.to}: what runs needs the real one`)).toEqual([]);
});

test("no file imports itself by way of others", () => {
  const next = new Map<string, Set<string>>();
  for (const { file, to } of resolved) next.set(file, (next.get(file) ?? new Set()).add(to));
  const done = new Set<string>();
  const cycle = (file: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file].join(" → ");
    if (done.has(file)) return undefined;
    for (const to of next.get(file) ?? []) {
      const found = cycle(to, [...trail, file]);
      if (found !== undefined) return found;
    }
    done.add(file);
    return undefined;
  };
  const cycles = production.flatMap((file) => cycle(file, []) ?? []);
  expect(cycles.map((found) => `${found}: put what they share into a file of its own`)).toEqual([]);
});

test("there are no barrels: every name is imported from the file that makes it", () => {
  const barrels = imports.filter(({ form }) => form === "export").map((found) => `${at(found)} passes on ${found.from}: import it where it is made`);
  const indexes = files
    .filter((file) => /^(?:src|test|bench)\/(?:.*\/)?index\.\w+$/.test(file))
    .map((file) => `${file}: name it after what it holds`);
  expect([...barrels, ...indexes]).toEqual([]);
});

/** Package or module → the only files of `src` that may import it at run time, and what everybody else does instead. */
const DOORS: Readonly<Record<string, { readonly at: readonly string[]; readonly instead: string }>> = {
  "node:child_process": {
    at: ["src/base/process/long-lived.ts", "src/base/process/process.ts"],
    instead: "use run of base/process/process.ts, spawnLogged or spawnFed of base/process/long-lived.ts",
  },
  execa: { at: ["src/base/process/launch.ts", "src/base/process/process.ts"], instead: "use run of base/process/process.ts" },
  "@kubernetes/client-node": { at: ["src/kube/config.ts"], instead: "it costs 450 ms and 85 MB: import type, or use kube/client.ts" },
  undici: {
    at: ["src/kube/http.ts", "src/sources/net/http-connect.ts"],
    instead: "use KubeHttp of kube/http.ts, or HttpFetch of sources/net/http-fetch.ts",
  },
  tar: { at: ["src/sources/archive/walk.ts"], instead: "unpack with sources/archive/extract.ts" },
  "node:http": {
    at: [
      "src/runtime/http-server.ts",
      "src/kube/api-proxy.ts",
      "src/local/control-plane/http.ts",
      "src/local/servers/content-server.ts",
      "src/sources/net/dial.ts",
      "src/sources/git/http-proxy.ts",
    ],
    instead: "serve with runtime/http-server.ts, ask with kube/http.ts",
  },
  "node:https": {
    at: ["src/runtime/http-server.ts", "src/local/control-plane/http.ts"],
    instead: "serve with runtime/http-server.ts, ask with kube/http.ts",
  },
  "node:net": {
    at: [
      "src/local/control-plane/ports.ts",
      "src/sources/net/addresses.ts",
      "src/sources/net/dial.ts",
      "src/sources/git/loopback.ts",
      "src/sources/git/tcp-proxy.ts",
    ],
    instead: "ask sources/net/addresses.ts about addresses; only the local control plane looks for ports",
  },
  "node:timers": { at: [], instead: "use clock.sleep" },
  "node:timers/promises": { at: ["src/base/time/clock.ts"], instead: "use clock.sleep" },
  "node:process": { at: [], instead: "use ownEnvironment of base/process/environment.ts in src/apps" },
  "prom-client": { at: ["src/runtime/metrics.ts"], instead: "make the metric with MetricsRegistry of runtime/metrics.ts" },
  "p-queue": { at: ["src/base/work/semaphore.ts"], instead: "use Semaphore of base/work/semaphore.ts, or runtime/queue/workqueue.ts for keys" },
  "js-yaml": { at: ["src/base/json/yaml.ts", "src/armada/api/crd.ts"], instead: "read with base/json/yaml.ts, which reads as helm does" },
  winston: { at: ["src/apps/log.ts"], instead: "take a Logger of base/log.ts" },
};

test.each(Object.entries(DOORS))("%s has its doors", (name, { at: doors, instead }) => {
  const users = imports.filter(({ from, typeOnly, file }) => from === name && !typeOnly && !doors.includes(file));
  expect(users.map((found) => `${at(found)} imports ${name}: ${instead}`)).toEqual([]);
  const unused = doors.filter((door) => !imports.some(({ from, file }) => from === name && file === door));
  expect(unused.map((door) => `${door} does not import ${name} any more: take it off the list of doors`)).toEqual([]);
});

test.each([
  ["commander", /^src\/apps\//],
  ["zod", /^src\/(?:armada\/api\/|apps\/|kube\/config-apart\.ts$)/],
])("%s is used in its folders only", (name, folder) => {
  const users = imports.filter(({ from, typeOnly, file }) => from === name && !typeOnly && !folder.test(file));
  expect(users.map((found) => `${at(found)} imports ${name}: it belongs to ${folder.source}`)).toEqual([]);
});

/** Code → the only files of `src` that may hold it, and what everybody else does instead. */
const WORDS: Readonly<Record<string, { readonly at: readonly string[]; readonly instead: string }>> = {
  "process . env": { at: ["src/base/process/environment.ts"], instead: "src/apps reads ownEnvironment and hands on what is needed" },
  "console .": { at: [], instead: "take a Logger" },
  "Date . now": { at: ["src/base/time/clock.ts"], instead: "use clock.now" },
  "new Date ( )": { at: [], instead: "use clock.now" },
  "performance .": { at: ["src/base/time/clock.ts"], instead: "use clock.monotonic" },
  "setTimeout (": { at: [], instead: "use clock.sleep" },
  "setInterval (": { at: [], instead: "use clock.sleep" },
  "AbortSignal . timeout": { at: [], instead: "use withDeadline of base/time/deadline.ts" },
  "new SourceError (": { at: ["src/sources/errors.ts"], instead: "use the function of sources/errors.ts for that kind of fault, or add one" },
  "process . exit (": {
    at: ["src/apps/operator.ts"],
    instead: "set process.exitCode in src/apps and let things end; only a defect may cut things short",
  },
};

test.each(Object.entries(WORDS))("%s stands behind its door", (code, { at: doors, instead }) => {
  const found = production.flatMap((file) => linesWith(tokenize(read(file)), code).map((line) => ({ file, line })));
  const wrong = found.filter(({ file }) => !doors.includes(file));
  expect(wrong.map((place) => `${at(place)} has ${code.replaceAll(" ", "")}: ${instead}`)).toEqual([]);
  const unused = doors.filter((door) => !found.some(({ file }) => file === door));
  expect(unused.map((door) => `${door} has no ${code.replaceAll(" ", "")} any more: take it off the list of doors`)).toEqual([]);
});

test("src/runtime knows neither Helm nor Armada", () => {
  const wrong = production
    .filter((file) => file.startsWith("src/runtime/"))
    .flatMap((file) => tokenize(read(file)).map((token) => ({ ...token, file })))
    .filter(({ text }) => /helm|armada|airship/i.test(text));
  expect(wrong.map((place) => `${at(place)} has ${place.text}: hand it in from above`)).toEqual([]);
});
