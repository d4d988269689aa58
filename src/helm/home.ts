import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Private folders of helm, mode 0700. */
export interface HelmHome {
  readonly home: string;
  readonly kubeCache: string;
}

/**
 * Makes the folders below `stateDir`. The discovery cache goes to a new folder in `memoryDir` (a tmpfs such as `/dev/shm`), or below
 * `stateDir` when that is absent or cannot be written; the one an earlier process left there is removed.
 */
export const createHelmHome = async (options: { readonly stateDir: string; readonly memoryDir?: string | undefined }): Promise<HelmHome> => {
  const home = join(options.stateDir, "helm");
  const note = join(options.stateDir, "kube-cache");
  await mkdir(home, { recursive: true, mode: 0o700 });
  const prefix = options.memoryDir === undefined ? undefined : join(options.memoryDir, "armada-helm-");
  const former = await readFile(note, "utf8").catch(() => "");
  if (prefix !== undefined && former.startsWith(prefix)) await rm(former, { recursive: true, force: true });
  const inMemory = prefix === undefined ? undefined : await mkdtemp(prefix).catch(() => undefined);
  const kubeCache = inMemory ?? join(home, "kube-cache");
  await mkdir(kubeCache, { recursive: true, mode: 0o700 });
  await writeFile(note, inMemory ?? "", { mode: 0o600 });
  return { home, kubeCache };
};

/** Removes the discovery cache at an orderly stop. */
export const removeKubeCache = (home: HelmHome): Promise<void> => rm(home.kubeCache, { recursive: true, force: true });
