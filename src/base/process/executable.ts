import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";

/** Looks `command` up as `execvp` would: a name with a slash as it is, below `cwd`; any other in the folders of `path`. Undefined when there is none. */
export const findExecutable = (command: string, path: string | undefined, cwd = "."): string | undefined => {
  if (command.includes("/")) return [isAbsolute(command) ? command : resolve(cwd, command)].find(isExecutable);
  const folders = (path ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, command)).find(isExecutable);
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};
