import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { arch, platform } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pinOf } from "../../src/local/control-plane/places.mjs";
import { run } from "./child.mjs";
import { DownloadError, defaultLimits, getFile, getText } from "./http.mjs";
import { downloadText, startProgress } from "./progress.mjs";
import { releaseOf } from "./releases.mjs";
import { askVersion, isAccepted } from "./versions.mjs";

/** Unfinished downloads have the checksum in their name: what is taken up is the same file. */
export const partialPrefix = ".partial-";

const isWanted = ({ ARMADA_DOWNLOADS: value = "on" }) => {
  if (value === "" || value === "on") return true;
  if (value === "off") return false;
  throw new Error(`ARMADA_DOWNLOADS is ${JSON.stringify(value)}: give on or off`);
};

/** The release of a tool with the checksum that is published for it. */
const askRelease = async (tool, { pins, env, limits }) => {
  const release = releaseOf(tool, pinOf(pins, tool), { env, platform: platform(), arch: arch() });
  if (release === undefined) throw new DownloadError(`no release is published for ${platform()} ${arch()}`, { again: false });
  const name = basename(release.url);
  const sum = release.checksum.read(await getText(release.checksum.url, limits), name);
  if (sum === undefined) throw new DownloadError(`${release.checksum.url} contains no SHA-256 of ${name}`, { again: false });
  return { ...release, sum };
};

const sumOf = async (path) => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
};

const verify = async (path, { url, sum, checksum }) => {
  const found = await sumOf(path);
  if (found === sum) return;
  await rm(path);
  throw new Error(
    `Cannot use ${url}: its SHA-256 is ${found}, ${checksum.url} says ${sum}; the file was removed. Run this again; if it happens again, ` +
      `the download is being changed on the way: build with ARMADA_DOWNLOADS=off, or set ARMADA_TOOLS_DIR to a folder that holds the tools`,
  );
};

/** The tool itself in a folder of its own, from the verified file. */
const unpack = async (file, { member, url }, folder) => {
  await mkdir(folder, { recursive: true });
  const unpacked = join(folder, basename(member ?? url));
  if (member === undefined) {
    await rename(file, unpacked);
  } else {
    const { code, stderr } = await run("tar", ["-xzf", file, "-C", folder, "--strip-components=1", member]);
    if (code !== 0)
      throw new Error(`Cannot unpack ${url}: ${stderr.slice(-300) || "tar cannot be started"}; install tar and gzip and run this again`);
    await rm(file);
  }
  await chmod(unpacked, 0o755);
  return unpacked;
};

/** Only what has the published checksum and answers with the pinned version gets the name of the tool. */
const downloadTool = async (tool, release, { pins, folder, limits, say }) => {
  const { source: _, ...pin } = pinOf(pins, tool);
  const partial = join(folder, `${partialPrefix}${tool}-${release.sum}`);
  const done = { have: 0, size: Number.NaN };
  const text = (elapsedMs) => downloadText({ what: `${tool} ${pin.version}`, ...done, elapsedMs });
  const progress = startProgress({ text, stream: process.stdout, say });
  try {
    await getFile(release.url, partial, { limits, onBytes: (have, size) => Object.assign(done, { have, size }) });
  } catch (error) {
    progress.stop();
    throw error;
  }
  say(progress.stop());
  await verify(partial, release);
  const own = join(folder, `.unfinished-${tool}-${process.pid}`);
  const unpacked = await unpack(partial, release, own);
  const answer = await askVersion(tool, unpacked);
  if (!isAccepted(pin, answer ?? "", { explicit: false }))
    throw new Error(`Cannot use ${release.url}: it ${answer === undefined ? "does not run here" : `has version ${answer}`}, not ${pin.version}`);
  await rename(unpacked, join(folder, tool));
  await rm(own, { recursive: true });
};

/** Says once for each reason which tools it keeps away. `failures`: reason by tool. */
const sayWhyNot = (tools, failures, say) => {
  for (const reason of new Set(failures.values()))
    say(`cannot download ${tools.filter((tool) => failures.get(tool) === reason).join(", ")}: ${reason}`);
};

/**
 * Downloads the official binaries of the tools into `folder` and says of which it cannot, and why. Checksums are asked for side by side, so
 * that a machine without a network loses one time-out only. Rejects when a file has another checksum than the published one.
 */
export const downloadTools = async (tools, context) => {
  const { env, say } = context;
  if (!isWanted(env)) {
    say("not downloading: ARMADA_DOWNLOADS is off");
    return;
  }
  const bounded = { limits: defaultLimits, ...context };
  say(`checking for the official releases of ${tools.join(", ")}`);
  const failures = new Map();
  const unlessFailed = async (tool, action) => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      failures.set(tool, error.message);
      return undefined;
    }
  };
  const releases = await Promise.all(tools.map((tool) => unlessFailed(tool, () => askRelease(tool, bounded))));
  for (const [index, tool] of tools.entries())
    if (releases[index] !== undefined) await unlessFailed(tool, () => downloadTool(tool, releases[index], bounded));
  sayWhyNot(tools, failures, say);
};
