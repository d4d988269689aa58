import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pinOf } from "../../src/local/control-plane/places.mjs";
import { run } from "./child.mjs";
import { findGo, goEnvironment, isNewEnough, oldestGo } from "./go.mjs";
import { countBuild, startProgress } from "./progress.mjs";
import { linkerFlags, recipes, wrapperGoMod } from "./recipes.mjs";
import { askVersion, isAccepted } from "./versions.mjs";

const otherWays = (tools) =>
  `install Go ${oldestGo.join(".")} or newer and run this again, or set ARMADA_TOOLS_DIR to a folder that holds ${tools.join(", ")}`;

/** What of go's output says why it failed: not the packages that it compiled. */
const reasonIn = (stderr) =>
  stderr
    .split("\n")
    .filter((line) => line.includes(" ") && !/^go: (downloading|finding|found)/.test(line))
    .slice(-4)
    .join(" ")
    .slice(-500);

const fail = (tool, go, result) => {
  throw new Error(
    `Cannot build ${tool} with ${go.version}: ${reasonIn(result.stderr) || `go exited with code ${result.code}`}; check the network and GOPROXY, or ${otherWays([tool])}`,
  );
};

const goModOf = async (recipe, { tool, version, go, cwd, env }) => {
  if (recipe.replaces === undefined) return "";
  const result = await run(go.command, ["mod", "download", "-json", `${recipe.module}@v${version}`], { cwd, env });
  if (result.code !== 0) fail(tool, go, result);
  return readFileSync(JSON.parse(result.stdout).GoMod, "utf8");
};

/** Builds one tool under another name, asks it for its version, and only then gives it its own name. */
const buildTool = async (tool, { pins, folder, go, env, say }) => {
  const { source, ...pin } = pinOf(pins, tool);
  const recipe = recipes[source];
  const cwd = join(folder, ".build", source);
  mkdirSync(cwd, { recursive: true });
  const { onLine, text } = countBuild(`${tool} ${pin.version}`);
  const progress = startProgress({ text, stream: process.stdout, say });
  try {
    const goMod = await goModOf(recipe, { tool, version: pin.version, go, cwd, env });
    writeFileSync(join(cwd, "go.mod"), wrapperGoMod(recipe, { version: pin.version, goVersion: go.version, goMod }));
    const unfinished = join(folder, `.unfinished-${tool}-${process.pid}`);
    const args = ["build", "-mod=mod", "-v", "-trimpath", "-ldflags", linkerFlags(recipe, pin.version), "-o", unfinished, recipe.packageOf(tool)];
    const result = await run(go.command, args, { cwd, env, onLine });
    if (result.code !== 0) fail(tool, go, result);
    const answer = await askVersion(tool, unfinished);
    if (!isAccepted(pin, answer ?? "", { explicit: false }))
      throw new Error(`Cannot use the ${tool} that was built: its version is ${answer}, not ${pin.version}`);
    renameSync(unfinished, join(folder, tool));
  } finally {
    say(progress.stop());
  }
};

/** Builds the tools into `folder` from Go modules, one after the other. */
export const buildTools = async (tools, { pins, folder, env, say }) => {
  const go = await findGo(env);
  if (go === undefined || !isNewEnough(go.version)) {
    throw new Error(
      `Cannot provide ${tools.join(", ")}: not downloaded (see above), and ${go === undefined ? "Go is not installed" : `${go.version} is too old to build them`}; ${otherWays(tools)}`,
    );
  }
  say(`building ${tools.join(", ")} with ${go.version} into ${folder}; this takes several minutes, and only the first time`);
  for (const tool of tools) await buildTool(tool, { pins, folder, go, env: goEnvironment(env), say });
  rmSync(join(folder, ".build"), { recursive: true, force: true });
};
