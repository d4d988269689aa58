import { posix } from "node:path";
import { expect, test } from "@jest/globals";
import { files, folders, read } from "./tree.ts";

/** Generated, or data of other programs. */
const LONG = new Set(["package-lock.json", "LICENSE", "src/local/control-plane/kwok-stages.yaml", "docs/reference.md", "src/README.md"]);
const isText = (path: string): boolean => !/\.(?:png|svg|tgz|ico)$/.test(path);
const isGenerated = (path: string): boolean => path.startsWith("crds/");

test("no file is longer than 300 lines", () => {
  const long = files.filter((path) => isText(path) && !LONG.has(path) && !isGenerated(path) && read(path).split("\n").length > 301);
  expect(long.map((path) => `${path} has ${String(read(path).split("\n").length - 1)} lines: it is usually two ideas, so make two files`)).toEqual(
    [],
  );
});

/** Pieces, so that this file does not hold what it looks for. */
const folder = (name: string): RegExp => new RegExp(`(?<![\\w./}-])/${name}/`);
const host = (...parts: readonly string[]): RegExp => new RegExp(String.raw`(?<![\w-])${parts.join(String.raw`\.`)}`);

const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a path of one machine", folder("work")],
  ["a path of one machine", folder("root")],
  ["a path of one machine", new RegExp(["/home", String.raw`\w+/`].join("/"))],
  ["a registry", host("registry", "npmjs", "org")],
  ["a registry", host("proxy", "golang", "org")],
  ["a registry", host("sum", "golang", "org")],
];

/** Registries that this machine is set up to use, by host. */
const ownRegistries = ["npm_config_registry", "GOPROXY", "GOSUMDB"].flatMap((name) =>
  [...(process.env[name] ?? "").matchAll(/https?:\/\/(?:[^@/]*@)?([^/:,|]+)/g)].map(([, found = ""]) => found),
);

test("no file names a path of one machine or a package registry", () => {
  const found = files.filter(isText).flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, index) => {
        const what =
          FORBIDDEN.find(([, pattern]) => pattern.test(line))?.[0] ?? (ownRegistries.some((name) => line.includes(name)) ? "a registry" : undefined);
        return what === undefined ? [] : [`${path}:${String(index + 1)} names ${what}: take it from the environment, or leave it out`];
      }),
  );
  expect(found).toEqual([]);
});

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
const record = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});
const manifest = record(JSON.parse(read("package.json")));

test("dependencies are pinned exactly", () => {
  const loose = ["dependencies", "devDependencies", "optionalDependencies"]
    .flatMap((kind) => Object.entries(record(manifest[kind])))
    .filter(([, version]) => typeof version !== "string" || !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version));
  expect(loose.map(([name, version]) => `${name} is ${String(version)} in package.json: npm install --save-exact ${name}@VERSION`)).toEqual([]);
});

test("package-lock.json agrees with package.json and names no address", () => {
  const lock = record(JSON.parse(read("package-lock.json")));
  const packages = record(lock["packages"]);
  const top = record(packages[""]);
  for (const kind of ["dependencies", "devDependencies", "optionalDependencies"]) expect(top[kind]).toEqual(manifest[kind]);
  const addressed = Object.entries(packages).filter(([, entry]) => "resolved" in record(entry));
  expect(
    addressed.map(([path]) => `${path} has "resolved": run npm install with the .npmrc of this repository, then node scripts/complete-lock.mjs`),
  ).toEqual([]);
});

/** `[text](target)`, code aside. */
const linksOf = (markdown: string): readonly string[] =>
  [...markdown.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, "").matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);

/** As GitHub makes anchors of headings. */
const anchorsOf = (markdown: string): ReadonlySet<string> =>
  new Set(
    [...markdown.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );

test("links between documents lead somewhere", () => {
  const broken = files
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) =>
      linksOf(read(path))
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => {
          const [file = "", anchor] = target.split("#");
          const place = file === "" ? path : posix.normalize(posix.join(posix.dirname(path), file)).replace(/\/$/, "");
          if (!files.includes(place) && !folders.has(place)) return true;
          return anchor !== undefined && !anchorsOf(read(place)).has(anchor);
        })
        .map((target) => `${path} links to ${target}, which is not there: correct the link`),
    );
  expect(broken).toEqual([]);
});

test("every example is named in examples/README.md, has a README of its own, and is run by a test", () => {
  const objects = files.filter((path) => /^examples\/.*\.yaml$/.test(path) && !/\/(?:steps|workflow|ssh)\/[^/]+$/.test(path));
  const names = new Set(objects.map((path) => posix.dirname(path).slice("examples/".length)));
  const index = read("examples/README.md");
  const run = files
    .filter((path) => path.startsWith("test/acceptance/"))
    .map(read)
    .join("\n");
  const missing = [...names].flatMap((name) => [
    ...(index.includes(`](${name})`) ? [] : [`examples/README.md does not name ${name}: add a row to its table`]),
    ...(files.includes(`examples/${name}/README.md`) ? [] : [`examples/${name} has no README.md: say what kubectl ends up showing`]),
    ...(run.includes(`"examples/${name}`) ? [] : [`no test in test/acceptance is called examples/${name}`]),
  ]);
  expect(missing).toEqual([]);
});

test("files that take long, and run first, are there", () => {
  const list = /const LONGEST = \[([^\]]*)\]/.exec(read("test/testing/longest-first.mjs"))?.[1] ?? "";
  const names = [...list.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => `test/acceptance/${name}.test.ts`);
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !files.includes(name)).map((name) => `test/testing/longest-first.mjs names ${name}, which is not there`)).toEqual([]);
});
