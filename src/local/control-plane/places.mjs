// Where tools may be found. Plain JavaScript, because set-up reads it under Node 20 before anything is installed; `tools.ts` reads it too.
import { accessSync, constants, mkdirSync, readFileSync, statSync } from "node:fs";
import { arch, homedir, platform } from "node:os";
import { join, resolve } from "node:path";

export const readPins = () => JSON.parse(readFileSync(new URL("tools.json", import.meta.url), "utf8"));

export const toolNames = (pins) => Object.values(pins).flatMap((pin) => pin.tools);

export const pinOf = (pins, tool) => {
  const found = Object.entries(pins).find(([, pin]) => pin.tools.includes(tool));
  if (found === undefined) throw new Error(`tools.json names no tool ${JSON.stringify(tool)}`);
  return { source: found[0], ...found[1] };
};

export const cacheRoot = (env) => resolve(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "armada-operator");

export const makeInCache = (folder, mode) => {
  try {
    mkdirSync(folder, { recursive: true, mode });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new Error(`Cannot write to ${folder} (${error.code}): set XDG_CACHE_HOME to a folder that can be written`, { cause: error });
  }
};

export const toolsCache = (env, pins) => {
  const versions = Object.entries(pins).map(([source, pin]) => `${source}-${pin.version}`);
  return join(cacheRoot(env), "tools", [...versions, platform(), arch()].join("_"));
};

export const explicitFolders = (env) =>
  ["ARMADA_TOOLS_DIR", "KUBEBUILDER_ASSETS"].flatMap((variable) => (env[variable] ? [{ variable, folder: resolve(env[variable]) }] : []));

export const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** The first folder that holds the tool: explicit ones, then the cache. */
export const findTool = (env, pins, tool) => {
  const folders = [...explicitFolders(env), { variable: undefined, folder: toolsCache(env, pins) }];
  for (const { variable, folder } of folders) {
    const path = join(folder, tool);
    if (isExecutable(path)) return { path, variable };
  }
  return undefined;
};
