import { lstat, mkdir, stat } from "node:fs/promises";
import { messageOf } from "../../base/errors.ts";

/** Makes the folder with mode 0700 where there is none. Rejects with one sentence when others own it, or may read or write in it. */
export const openStateFolder = async (path: string, uid = process.getuid?.()): Promise<void> => {
  const trouble = await troubleWith(path, uid).catch((error: unknown) => `cannot be used: ${messageOf(error)}`);
  if (trouble !== undefined) throw new Error(`the state folder ${path} ${trouble}; name a private folder with --state-dir`);
};

const troubleWith = async (path: string, uid: number | undefined): Promise<string | undefined> => {
  await mkdir(path, { recursive: true, mode: 0o700 });
  // Of a link, who made it counts too: in a shared folder anybody may lead us to a folder of ours that is for something else.
  for (const { uid: owner } of [await lstat(path), await stat(path)]) {
    if (uid !== undefined && owner !== uid) return `belongs to user ${String(owner)}, and this is user ${String(uid)}`;
  }
  const mode = (await stat(path)).mode & 0o777;
  return (mode & 0o077) === 0 ? undefined : `is open to others (mode 0${mode.toString(8)}): chmod 700 ${path}`;
};
