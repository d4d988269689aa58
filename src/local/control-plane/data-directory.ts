import { constants } from "node:fs";
import { access, mkdir, statfs } from "node:fs/promises";
import { basename, join } from "node:path";
import { directoryPrefix } from "./leftovers.ts";
import { recordDirectory } from "./run-directory.ts";

const tmpfs = "/dev/shm";
/** etcd reserves 128 MB for its log before it stores anything. */
const neededBytes = 1024 ** 3;

const hasRoom = async (folder: string): Promise<boolean> => {
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize >= neededBytes;
  } catch {
    return false;
  }
};

/** Makes a directory for data that is thrown away: in memory where there is 1 GiB of room, else in the run directory. */
export const createDataDirectory = async (runDirectory: string): Promise<string> => {
  const parent = (await hasRoom(tmpfs)) ? tmpfs : runDirectory;
  const directory = join(parent, `${directoryPrefix}${basename(runDirectory)}`);
  recordDirectory(runDirectory, directory);
  await mkdir(directory, { mode: 0o700, recursive: true });
  return directory;
};
