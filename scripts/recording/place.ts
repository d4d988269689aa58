import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownEnvironment } from "../../src/base/process/environment.ts";
import { cacheRoot } from "../../src/local/control-plane/places.mjs";

/** An environment in which `npm start` prints no path of whoever records: its tools and files are reached by way of a folder in /tmp. */
export const openPlace = async (): Promise<{ readonly env: Readonly<Record<string, string>>; remove(): Promise<void> }> => {
  const own = ownEnvironment();
  const folder = await mkdtemp(join(tmpdir(), "armada-"));
  await mkdir(join(folder, "cache"));
  await symlink(cacheRoot(own), join(folder, "cache", "armada-operator"));
  const env = Object.fromEntries(Object.entries(own).flatMap(([name, value]) => (value === undefined || name === "NO_COLOR" ? [] : [[name, value]])));
  return {
    env: { ...env, XDG_CACHE_HOME: join(folder, "cache"), XDG_RUNTIME_DIR: folder },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};
