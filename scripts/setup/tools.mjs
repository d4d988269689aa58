import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findTool, isExecutable, makeInCache, pinOf, readPins, toolNames, toolsCache } from "../../src/local/control-plane/places.mjs";
import { buildTools } from "./build.mjs";
import { downloadTools, partialPrefix } from "./download.mjs";
import { withLock } from "./lock.mjs";
import { acceptedText, askVersion, isAccepted } from "./versions.mjs";

/** A tool from an explicit folder is asked for its version; one in the cache was asked before it got there. */
const checkExplicit = async (tool, { path, variable }, pins) => {
  const pin = pinOf(pins, tool);
  const answer = await askVersion(tool, path);
  if (isAccepted(pin, answer ?? "", { explicit: true })) return;
  throw new Error(
    `Cannot use ${path}: it ${answer === undefined ? "does not print its version" : `is version ${answer}`}, ${acceptedText(pin)} is needed; ` +
      `put that into the folder, or change ${variable}, or unset it to use the cache`,
  );
};

/** Folders: explicit ones, then the cache. */
const look = async (tools, { pins, env }) => {
  const checks = tools.map(async (tool) => {
    const found = findTool(env, pins, tool);
    if (found?.variable !== undefined) await checkExplicit(tool, found, pins);
    return found === undefined ? [] : [tool];
  });
  return (await Promise.all(checks)).flat();
};

/** What a run that was interrupted has left; a download is taken up where it stopped, so it stays. */
const clearUnfinished = (folder, prefixes) => {
  for (const name of readdirSync(folder))
    if (prefixes.some((prefix) => name.startsWith(prefix))) rmSync(join(folder, name), { recursive: true, force: true });
};

/** Fills the cache: official binaries first, then what they leave, from Go modules. One set-up at a time; the next one finds what this one has made. */
const fill = async (tools, context) => {
  const { folder, say } = context;
  const missing = () => tools.filter((tool) => !isExecutable(join(folder, tool)));
  makeInCache(folder);
  await withLock(join(folder, ".lock"), say, async () => {
    if (missing().length === 0) return;
    clearUnfinished(folder, [".unfinished-", ".build"]);
    await downloadTools(missing(), context);
    if (missing().length > 0) await buildTools(missing(), context);
    clearUnfinished(folder, [".unfinished-", partialPrefix]);
  });
};

/** Finds, downloads or builds every tool of tools.json, each by itself. `limits`: of downloads, see http.mjs. */
export const provideTools = async ({ env, say, pins = readPins(), limits }) => {
  const context = { pins, folder: toolsCache(env, pins), env, say, ...(limits && { limits }) };
  const found = await look(toolNames(pins), context);
  const missing = toolNames(pins).filter((tool) => !found.includes(tool));
  if (missing.length > 0) await fill(missing, context);
  say(`tools: ${[...new Set(toolNames(pins).map((tool) => join(findTool(env, pins, tool).path, "..")))].join(", ")}`);
};
