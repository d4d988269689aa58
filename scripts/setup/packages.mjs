import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./child.mjs";
import { withLock } from "./lock.mjs";

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
};

/** Whether what npm noted about node_modules (its hidden lock, written last) is what package-lock.json asks for. Optional packages may be absent. */
export const packagesMatch = (lock, installed) => {
  if (installed?.packages === undefined) return false;
  const wanted = Object.entries(lock.packages).filter(([path]) => path !== "");
  const asWanted = ([path, entry]) =>
    installed.packages[path] === undefined ? entry.optional === true : installed.packages[path].version === entry.version;
  return wanted.every(asWanted) && Object.keys(installed.packages).every((path) => lock.packages[path] !== undefined);
};

/** PATH without any node_modules/.bin: `npm ci` removes the node that it would otherwise run on. */
export const pathWithoutPackages = (path) =>
  path
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .join(delimiter);

const installed = (root) => packagesMatch(readJson(join(root, "package-lock.json")), readJson(join(root, "node_modules", ".package-lock.json")));

const checkNode = (root) => {
  if (existsSync(join(root, "node_modules", ".bin", "node")) || Number(process.versions.node.split(".")[0]) >= 24) return;
  throw new Error(
    `Cannot find Node 24: this is Node ${process.versions.node} and npm has no package of Node 24 for ${process.platform} ${process.arch}; install Node 24 or newer and run this again`,
  );
};

/** Installs node_modules when they are not what package-lock.json says. */
export const installPackages = async ({ root, env, say, lock }) => {
  if (!installed(root)) {
    await withLock(lock, say, async () => {
      if (installed(root)) return;
      say("installing packages (npm ci)");
      const { code } = await run(
        "npm",
        ["ci", "--ignore-scripts", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"],
        {
          cwd: root,
          env: { ...env, PATH: pathWithoutPackages(env.PATH ?? "") },
          inherit: true,
        },
      );
      if (code !== 0)
        throw new Error(
          "Cannot install the packages: npm ci failed, see above; check the network and the registry that npm uses, then run this again",
        );
    });
  }
  checkNode(root);
};
