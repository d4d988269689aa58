import { join } from "node:path";
import type { GitAccess } from "./remote.ts";
import type { GitProtocol } from "./location.ts";

/** No server: commands on what is here already. */
export const NO_ACCESS: Pick<GitAccess, "config" | "env"> = { config: [], env: {} };

export interface EnvironmentRequest {
  /** `PATH`: where git, ssh and sh are looked up. */
  readonly path: string;
  readonly folder: string;
  /** The only transport git may use; absent: none. */
  readonly protocol?: GitProtocol | undefined;
  /** No object in memory is larger. */
  readonly maxObjectBytes: number;
}

/** Everything git and what it starts find in their environment. Secrets stand here and not in argv: only the same user can read it. */
export const gitEnvironment = (
  { path, folder, protocol, maxObjectBytes }: EnvironmentRequest,
  access: Pick<GitAccess, "config" | "env">,
): Readonly<Record<string, string>> => {
  const config = [...CONFIG, ...access.config];
  return {
    PATH: path,
    HOME: folder,
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_CEILING_DIRECTORIES: join(folder, ".."),
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_ALLOW_PROTOCOL: protocol ?? "",
    GIT_ALLOC_LIMIT: String(maxObjectBytes),
    ...access.env,
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(
      config.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
};

const CONFIG: readonly (readonly [key: string, value: string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.attributesFile", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.autocrlf", "false"],
  ["core.symlinks", "true"],
  ["core.protectHFS", "true"],
  ["core.protectNTFS", "true"],
  // Larger contents go through in pieces instead of through memory.
  ["core.bigFileThreshold", "4m"],
  ["credential.helper", ""],
  ["http.followRedirects", "initial"],
  ["http.lowSpeedLimit", "1000"],
  ["http.lowSpeedTime", "30"],
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["fetch.writeCommitGraph", "false"],
  // Whatever comes stays one pack, whose end is its own checksum.
  ["fetch.unpackLimit", "1"],
  ["transfer.bundleURI", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["pack.threads", "1"],
  ["protocol.version", "2"],
];
