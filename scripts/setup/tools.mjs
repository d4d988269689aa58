import { join } from "node:path";
import { findTool, pinOf, readPins, toolNames, toolsCache } from "../../src/local/places.mjs";
import { buildTools } from "./build.mjs";
import { acceptedText, askVersion, isAccepted } from "./versions.mjs";

/** A tool from an explicit folder is asked for its version; one in the cache was asked before it got there. */
const checkExplicit = async (tool, { path, variable }, pins) => {
  const pin = pinOf(pins, tool);
  const answer = await askVersion(tool, path);
  if (isAccepted(pin, answer ?? "", { explicit: true })) return;
  throw new Error(
    `Cannot use ${path}: it ${answer === undefined ? "does not answer its version" : `is version ${answer}`}, ${acceptedText(pin)} is needed; ` +
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

const build = async (tools, context) => {
  await buildTools(tools, context);
  return tools;
};

/** Each gets the tools that are still missing and answers those that it could provide. Downloading official binaries will stand between the two. */
const finders = [look, build];

/** Finds or builds every tool of tools.json, each by itself. */
export const provideTools = async ({ env, say }) => {
  const pins = readPins();
  const context = { pins, folder: toolsCache(env, pins), env, say };
  let missing = toolNames(pins);
  for (const find of finders) {
    if (missing.length === 0) break;
    const found = await find(missing, context);
    missing = missing.filter((tool) => !found.includes(tool));
  }
  say(`tools: ${[...new Set(toolNames(pins).map((tool) => join(findTool(env, pins, tool).path, "..")))].join(", ")}`);
};
