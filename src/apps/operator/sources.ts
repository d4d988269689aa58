import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { ChartCache } from "../../sources/cache.ts";
import { CompletedCharts } from "../../sources/completed-charts.ts";
import { LocalSource } from "../../sources/local.ts";
import { SourceRouter } from "../../sources/router.ts";
import type { ChartSource } from "../../sources/source.ts";
import type { OperatorConfig } from "./config.ts";
import type { RemoteSources } from "./remote-sources.ts";

/**
 * Every kind of source, with its caches below the state folder. Those that fetch are loaded when the first chart wants one, because every helm
 * run pays for the size of this process; at once where an earlier run left something of theirs, which may have to be removed.
 * `stop` ends what is being fetched.
 */
export const openSources = async (config: OperatorConfig, clock: Clock, stop: AbortSignal): Promise<ChartSource> => {
  const { stateDir, chartRoots: roots, cacheBytes: maxBytes } = config;
  const cache = await ChartCache.open({ directory: join(stateDir, "charts"), clock, maxBytes });
  let opened: Promise<RemoteSources> | undefined;
  const open = (): Promise<RemoteSources> => {
    opened ??= import("./remote-sources.ts")
      .then(({ openRemoteSources }) => openRemoteSources(config, { cache, clock, stop }))
      .catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
    return opened;
  };
  const later = (type: keyof RemoteSources): ChartSource => ({ fetch: async (spec, signal) => (await open())[type].fetch(spec, signal) });
  if (await someExist(["archives", "git"].map((name) => join(stateDir, name)))) await open();
  const remote = { tar: later("tar"), repo: later("repo"), oci: later("oci"), git: later("git") };
  const source = new SourceRouter({ local: new LocalSource({ roots, cache, clock }), ...remote });
  return new CompletedCharts({ source, cache });
};

const someExist = async (paths: readonly string[]): Promise<boolean> => {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return found.some((stats) => stats !== undefined);
};
