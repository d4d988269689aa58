import { existsSync } from "node:fs";
import { join } from "node:path";

const variables = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/**
 * How to start set-up again where a proxy is configured: Node heeds those variables from version 24 on, and only when it is told so at the start
 * of the process. Undefined when there is none, or when that has been done. Packages must be installed: Node 24 is one of them.
 */
export const proxiedStart = (env, root) => {
  if (env.NODE_USE_ENV_PROXY !== undefined || !variables.some((name) => env[name])) return undefined;
  const own = join(root, "node_modules", ".bin", "node");
  return { command: existsSync(own) ? own : process.execPath, env: { ...env, NODE_USE_ENV_PROXY: "1" } };
};
