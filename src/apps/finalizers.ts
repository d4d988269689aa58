import { systemClock } from "../base/time/clock.ts";
import { messageOf } from "../base/errors.ts";
import { extendEnvironment, ownEnvironment } from "../base/process/environment.ts";
import { run } from "../base/process/process.ts";
import { KubeClient } from "../kube/client.ts";
import { loadKubeConfigApart } from "../kube/config-apart.ts";
import { Discovery } from "../kube/discovery.ts";
import { KubeHttp } from "../kube/http.ts";
import { parseConfig } from "./operator/settings/config.ts";
import { RELEASE_FINALIZERS_HELP, releaseFinalizers } from "./operator/finalizers/command.ts";

/** `armada-operator release-finalizers`: exit 0 when nothing is held any more, 1 when it may not be done or was not, 2 for a wrong flag. */
export const runReleaseFinalizers = async (args: readonly string[]): Promise<number> => {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(RELEASE_FINALIZERS_HELP);
    return 0;
  }
  const parsed = parseConfig(
    args.filter((arg) => arg !== "--yes"),
    ownEnvironment(),
  );
  if ("exitCode" in parsed) {
    (parsed.exitCode === 0 ? process.stdout : process.stderr).write(parsed.text);
    return parsed.exitCode;
  }
  extendEnvironment(parsed.fileEnvironment);
  const { kubeconfig, watchNamespaces, leaseNamespace } = parsed.config;
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort(new Error(`stopped by ${name}`)));
  try {
    const http = new KubeHttp(await loadKubeConfigApart({ path: kubeconfig }, { run, env: ownEnvironment(), clock: systemClock }, stop.signal));
    const api = new KubeClient({ http, discovery: new Discovery({ http, clock: systemClock }) });
    const say = (line: string): void => void process.stdout.write(`${line}\n`);
    const deps = { api, clock: systemClock, watchNamespaces, leaseNamespace, yes: args.includes("--yes"), say };
    try {
      return await releaseFinalizers(deps, stop.signal);
    } finally {
      await http.close();
    }
  } catch (error) {
    process.stderr.write(`armada-operator: ${messageOf(error)}\n`);
    return 1;
  }
};
