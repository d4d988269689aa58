import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/** What another shell needs to work on the cluster of a run. */
export interface Variables {
  readonly kubeconfig: string;
  readonly kubectlFolder: string;
}

export interface EnvironmentFile {
  /** What a person types to have it. */
  readonly source: string;
  /** Leaves the file of a later run. */
  remove(): Promise<void>;
}

export interface EnvironmentPlaces {
  readonly repository: string;
  /** Of the run: where the repository cannot be written. */
  readonly directory: string;
  /** Where the person stands. */
  readonly cwd: string;
}

/** Quoted for any shell, where it has to be. */
export const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);

/** Writes `.armada/env` for a shell to source, readable by the owner only. */
export const writeEnvironment = async (variables: Variables, places: EnvironmentPlaces): Promise<EnvironmentFile> => {
  const text = `export KUBECONFIG=${quote(variables.kubeconfig)}\nexport PATH=${quote(variables.kubectlFolder)}:"$PATH"\n`;
  const path = await writeFirst([join(places.repository, ".armada", "env"), join(places.directory, "env")], text);
  return {
    source: `. ${quote(shortest(path, places.cwd))}`,
    remove: async () => {
      if ((await readFile(path, "utf8").catch(() => undefined)) === text) await rm(path, { force: true });
    },
  };
};

/** To the first place that can be written. */
const writeFirst = async ([path = "", ...others]: readonly string[], text: string): Promise<string> => {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
    return path;
  } catch (error) {
    if (others.length === 0) throw error;
    return writeFirst(others, text);
  }
};

/** A name with a slash in it is not looked for in PATH. */
const shortest = (path: string, cwd: string): string => {
  const below = relative(cwd, path);
  return below.startsWith("..") || !below.includes("/") ? path : below;
};
