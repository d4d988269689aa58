import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { identityOf, isAlive, isIdentity, type Processes } from "./children.ts";

/** Private folders of helm, mode 0700. */
export interface HelmHome {
  readonly home: string;
  readonly kubeCache: string;
  /** File that says whose discovery cache it is. */
  readonly kubeCacheNote: string;
}

export interface HelmHomeOptions {
  readonly stateDir: string;
  readonly memoryDir?: string | undefined;
  readonly processes: Processes;
  readonly ownPid: number;
}

/**
 * Makes the folders below `stateDir`. The discovery cache goes to a new folder in `memoryDir` (a tmpfs such as `/dev/shm`), or below
 * `stateDir` when that is absent or cannot be written; those that processes which are gone left are removed.
 */
export const createHelmHome = async ({ stateDir, memoryDir, processes, ownPid }: HelmHomeOptions): Promise<HelmHome> => {
  const home = join(stateDir, "helm");
  const notes = join(stateDir, "kube-caches");
  for (const folder of [home, notes]) await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeLeftovers(notes, memoryDir === undefined ? [home] : [home, memoryDir], processes);
  const inMemory = memoryDir === undefined ? undefined : await mkdtemp(join(memoryDir, "armada-helm-")).catch(() => undefined);
  const kubeCache = inMemory ?? (await mkdtemp(join(home, "kube-cache-")));
  const kubeCacheNote = join(notes, `${basename(kubeCache)}.json`);
  await writeFile(kubeCacheNote, JSON.stringify({ ...identityOf(ownPid, processes), path: kubeCache }), { mode: 0o600 });
  return { home, kubeCache, kubeCacheNote };
};

/** Removes the discovery cache at an orderly stop. */
export const removeKubeCache = async ({ kubeCache, kubeCacheNote }: HelmHome): Promise<void> => {
  await rm(kubeCache, { recursive: true, force: true });
  await rm(kubeCacheNote, { force: true });
};

const removeLeftovers = async (notes: string, places: readonly string[], processes: Processes): Promise<void> => {
  for (const name of await readdir(notes)) {
    const file = join(notes, name);
    const note: unknown = await readFile(file, "utf8")
      .then(JSON.parse)
      .catch(() => undefined);
    if (isIdentity(note) && isAlive(note, processes)) continue;
    const path = isIdentity(note) && "path" in note && typeof note.path === "string" ? note.path : "";
    if (places.includes(dirname(path))) await rm(path, { recursive: true, force: true });
    await rm(file, { force: true });
  }
};
